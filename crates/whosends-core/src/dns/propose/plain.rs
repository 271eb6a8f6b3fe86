//! Typographic and invisible characters, as editors and web pages put them into records.

/// The text in plain characters: dashes, quotes and blanks of typesetters as those of a keyboard, and without
/// characters that nobody sees. What has no such form stays as it is. Bytes that are no UTF-8 are read as
/// those of Windows-1252, which old editors write.
pub(crate) fn plain(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().filter_map(typed).collect(),
        Err(_) => bytes.iter().filter_map(|byte| typed(windows(*byte))).collect(),
    }
}

/// The character of a byte in Windows-1252, as far as [`typed`] tells it from others.
const fn windows(byte: u8) -> char {
    match byte {
        0x82 | 0x91 | 0x92 => '\u{2019}',
        0x84 | 0x93 | 0x94 => '\u{201d}',
        0x96 | 0x97 => '\u{2013}',
        other => other as char,
    }
}

/// The character that was meant; `None` for one that nobody sees.
const fn typed(found: char) -> Option<char> {
    Some(match found {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => '"',
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{b4}' | '`' => '\'',
        '\t' | '\r' | '\n' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\0' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => return None,
        '\u{2236}' | '\u{a789}' => ':',
        '\u{37e}' => ';',
        '\u{2223}' => '|',
        // The wide forms of ASCII lie in its order.
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(found as u32 - 0xfee0) {
            Some(narrow) => narrow,
            None => found,
        },
        '\u{2dc}' | '\u{223c}' | '\u{301c}' => '~',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_an_editor_made_of_a_record_is_undone() {
        assert_eq!(
            plain("\u{feff}\u{201c}v=spf1\u{a0}mx \u{2013}all\u{201d}\r\n".as_bytes()),
            "\"v=spf1 mx -all\"  "
        );
        assert_eq!(plain(b"\x93v=spf1\xa0mx \x96all\x94"), "\"v=spf1 mx -all\"");
        assert_eq!(plain("p\u{200b}=\u{ff52}eject\u{ff1b}".as_bytes()), "p=reject;");
        assert_eq!(plain("m\u{fc}ller".as_bytes()), "m\u{fc}ller");
    }
}
