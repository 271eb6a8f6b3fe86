//! The text between two tags, put together from its pieces.

use crate::xml::value::trim_start;

/// The text between two tags, put together from its pieces.
#[derive(Debug, Default)]
pub(super) struct Text {
    buffer: String,
    /// Whether something of it was left out.
    pub(super) is_cut: bool,
    /// Whether it holds markup.
    pub(super) has_markup: bool,
}

impl Text {
    /// Adds a piece within `room` bytes in all; blanks at the front don't count. Where the text begins with
    /// this piece, gives how many bytes of blanks stood before it.
    pub(super) fn push(&mut self, piece: &str, room: u64) -> Option<usize> {
        if !self.is_blank() {
            self.append(piece, room);
            return None;
        }
        let begun = trim_start(piece);
        if begun.is_empty() {
            return None;
        }
        self.append(begun, room);
        Some(piece.len() - begun.len())
    }

    fn append(&mut self, piece: &str, room: u64) {
        if self.is_cut {
            return;
        }
        let left = usize::try_from(room).unwrap_or(usize::MAX).saturating_sub(self.buffer.len());
        if piece.len() <= left {
            self.buffer.push_str(piece);
            return;
        }
        let (kept, lost) = piece.split_at(piece.floor_char_boundary(left));
        self.buffer.push_str(kept);
        self.is_cut |= !lost.trim_ascii_start().is_empty();
    }

    /// The text without blanks around it.
    pub(super) fn trimmed(&self) -> &str {
        self.buffer.trim_end()
    }

    /// Whether there is nothing to speak of.
    pub(super) fn is_blank(&self) -> bool {
        self.buffer.is_empty() && !self.is_cut
    }

    /// Takes the text out and leaves none.
    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Gives the memory of a text back for the next.
    pub(super) fn reuse(&mut self, text: Self) {
        *self = text;
        self.clear();
    }

    /// Forgets the text.
    pub(super) fn clear(&mut self) {
        self.buffer.clear();
        self.is_cut = false;
        self.has_markup = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_begins_once_where_nothing_of_it_is_kept() {
        let mut text = Text::default();
        assert_eq!(text.push(" \n a", 0), Some(3));
        assert_eq!(text.push("b", 0), None);
        assert!(text.is_cut && text.trimmed().is_empty());
    }
}
