//! Which word was meant.

/// How many letters have to be changed, added, dropped or swapped with their neighbour, up to `most`; more than
/// that is `most + 1`.
pub(crate) fn distance(one: &str, two: &str, most: usize) -> usize {
    let (one, two) = (one.as_bytes(), two.as_bytes());
    if one.len().abs_diff(two.len()) > most || one.len() > 64 {
        return most + 1;
    }
    // The last two rows of the table of distances between beginnings.
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut next = vec![at + 1];
        for (other, own) in two.iter().enumerate() {
            let kept = row.get(other).copied().unwrap_or_default() + usize::from(letter != own);
            let dropped = row.get(other + 1).copied().unwrap_or_default() + 1;
            let added = next.last().copied().unwrap_or_default() + 1;
            let mut least = kept.min(dropped).min(added);
            if at > 0 && other > 0 && one.get(at - 1) == Some(own) && two.get(other - 1) == Some(letter) {
                least = least.min(before.get(other - 1).copied().unwrap_or_default() + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default().min(most + 1)
}

/// The one of `words` that is nearest to `text`, where it is near and no other is as near.
pub(crate) fn nearest(text: &str, words: &[&'static str], most: usize) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let mut found: Vec<_> = words.iter().map(|word| (distance(&text, word, most), *word)).collect();
    found.sort_unstable();
    match found.as_slice() {
        [(least, word), rest @ ..] if *least <= most => {
            rest.first().is_none_or(|(second, _)| second > least).then_some(*word)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn slips_of_the_keyboard() {
        for (one, two, expected) in [
            ("rau", "rua", 1),
            ("inlude", "include", 1),
            ("rejct", "reject", 1),
            ("", "ab", 2),
            ("mx", "all", 3),
        ] {
            assert_eq!(distance(one, two, 3), expected, "{one} {two}");
        }
        assert_eq!(nearest("Quarantin", &["none", "quarantine", "reject"], 2), Some("quarantine"));
        assert_eq!(nearest("xua", &["rua", "cua"], 1), None);
    }
}
