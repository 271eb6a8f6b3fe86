//! As much of DER (X.690) as RSA keys need.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT: u8 = 0x06;

/// The object identifier of RSA keys, 1.2.840.113549.1.1.1 (RFC 8017 appendix A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// How many bits the modulus of an RSA key has, and whether it is a bare key. The key may be a `SubjectPublicKeyInfo`, as nearly all
/// are, or an `RSAPublicKey`, as RFC 6376 section 3.6.1 says.
pub(super) fn rsa_key(der: &[u8]) -> Option<(usize, bool)> {
    let (outer, _) = value(der, SEQUENCE)?;
    let wrapped = || {
        let (algorithm, rest) = value(outer, SEQUENCE)?;
        let (object, _) = value(algorithm, OBJECT)?;
        let (bits, _) = value(rest, BIT_STRING)?;
        let (0, key) = bits.split_first()? else { return None };
        let (inner, _) = value(key, SEQUENCE)?;
        if object == RSA { bare_key(inner) } else { None }
    };
    bare_key(outer).map(|bits| (bits, true)).or_else(|| Some((wrapped()?, false)))
}

/// The modulus and the exponent: two integers.
fn bare_key(content: &[u8]) -> Option<usize> {
    let (modulus, rest) = value(content, INTEGER)?;
    value(rest, INTEGER)?;
    let significant = modulus.iter().position(|&byte| byte != 0).and_then(|start| modulus.get(start..))?;
    let unused = usize::try_from(significant.first()?.leading_zeros()).ok()?;
    Some(significant.len() * 8 - unused)
}

/// The content of the value that `der` starts with, if it has this type, and what follows it.
fn value(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (
                digits
                    .iter()
                    .try_fold(0_usize, |sum, digit| sum.checked_mul(256)?.checked_add((*digit).into()))?,
                rest,
            )
        }
        _ => return None,
    };
    let parts = rest.split_at_checked(length)?;
    (found == kind).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DER value.
    fn der(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[kind, 0x82], &length[..], content].concat()
    }

    #[test]
    fn both_forms_of_a_key() {
        let modulus = [&[0, 0x80][..], &[7; 127]].concat();
        let bare = der(SEQUENCE, &[der(INTEGER, &modulus), der(INTEGER, &[1, 0, 1])].concat());
        assert_eq!(rsa_key(&bare), Some((1024, true)));
        let algorithm = der(SEQUENCE, &der(OBJECT, RSA));
        let info = der(SEQUENCE, &[algorithm, der(BIT_STRING, &[&[0][..], &bare].concat())].concat());
        assert_eq!(rsa_key(&info), Some((1024, false)));
        for cut in 0..info.len() {
            assert_eq!(rsa_key(&info[..cut]), None, "{cut}");
        }
        assert_eq!(rsa_key(&der(SEQUENCE, &[der(INTEGER, &[0, 0]), der(INTEGER, &[3])].concat())), None);
    }
}
