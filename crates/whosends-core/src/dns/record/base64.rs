//! Base64 (RFC 4648 section 4) as keys in DNS are written.

/// The bytes of a base64 text, in which blanks do not count (RFC 6376 section 2.10). Padding may be left
/// out; anything else that is no base64 gives `None`.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = digits.iter().rev().take_while(|&&byte| byte == b'=').count();
    let digits = digits.get(..digits.len() - padding)?;
    let whole = padding == 0 || (digits.len() + padding).is_multiple_of(4);
    if padding > 2 || !whole || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.chunks(4) {
        let mut group = 0_u32;
        for position in 0..4 {
            group = group << 6 | chunk.get(position).map_or(Some(0), |digit| value(*digit))?;
        }
        let [_, decoded @ ..] = group.to_be_bytes();
        bytes.extend_from_slice(decoded.get(..chunk.len() - 1)?);
    }
    Some(bytes)
}

const fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value as u32)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn texts_of_every_length() {
        for (text, expected) in [
            ("", Some("")),
            ("Zg==", Some("f")),
            ("Zm8=", Some("fo")),
            ("Zm9v", Some("foo")),
            ("Zm 9v\tYg = =", Some("foob")),
            ("Zm9vYg", Some("foob")),
            ("Z", None),
            ("Zg=", None),
            ("Zg===", None),
            ("=Zg=", None),
            ("Zm9\"", None),
            ("Zm9-", None),
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), expected.map(str::as_bytes), "{text}");
        }
    }
}
