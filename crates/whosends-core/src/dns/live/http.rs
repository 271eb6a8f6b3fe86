//! As much of HTTP/1.1 as it takes to fetch one small document (RFC 9112).

use crate::dns::answer::{Failure, PolicyDocument};

/// The longest document (RFC 8461 section 3.3 leaves the limit to the sender).
pub(super) const LONGEST_BODY: usize = 64 << 10;
/// The longest head of an answer.
const LONGEST_HEAD: usize = 16 << 10;
/// All that is ever read of an answer: chunks have a little around them.
pub(super) const LONGEST_ANSWER: usize = LONGEST_HEAD + 2 * LONGEST_BODY;

/// The question for a document, to a server that closes the connection after its answer.
pub(super) fn request(host: &str, path: &str) -> String {
    let agent = concat!("whosends/", env!("CARGO_PKG_VERSION"));
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: text/plain\r\n\
         Connection: close\r\n\r\n"
    )
}

/// What has been read so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is more to come.
    Partial,
    /// That is all.
    Whole(PolicyDocument),
}

/// Reads an answer, of which `ended` says whether nothing more comes.
pub(super) fn read(bytes: &[u8], ended: bool) -> Result<Progress, Failure> {
    let incomplete = || if ended { Err(Failure::Malformed) } else { Ok(Progress::Partial) };
    let Some(at) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return if bytes.len() > LONGEST_HEAD { Err(Failure::TooLong) } else { incomplete() };
    };
    let (head, rest) = bytes.split_at(at);
    let rest = rest.get(4..).unwrap_or_default();
    let head = Head::read(head).ok_or(Failure::Malformed)?;
    match head.status {
        // Something comes before the answer (RFC 9110 section 15.2).
        100..=199 => return read(rest, ended),
        200 => {}
        // A policy is never redirected (RFC 8461 section 3.3).
        status => return Err(Failure::HttpStatus(status)),
    }
    let body = match (head.chunked, head.length) {
        (true, _) => match unchunk(rest)? {
            Some(body) => body,
            None => return incomplete(),
        },
        (false, Some(length)) if length > LONGEST_BODY => return Err(Failure::TooLong),
        (false, Some(length)) => match rest.get(..length) {
            Some(body) => body.to_vec(),
            None => return incomplete(),
        },
        (false, None) if rest.len() > LONGEST_BODY => return Err(Failure::TooLong),
        (false, None) if ended => rest.to_vec(),
        (false, None) => return Ok(Progress::Partial),
    };
    Ok(Progress::Whole(PolicyDocument { media_type: head.media_type, body: body.into() }))
}

/// What counts of an answer's head.
struct Head {
    status: u16,
    length: Option<usize>,
    chunked: bool,
    media_type: Option<String>,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let (version, rest) = lines.next()?.split_once(' ')?;
        let digits = rest.get(..3).filter(|_| version.starts_with("HTTP/1."))?;
        let mut head = Self { status: digits.parse().ok()?, length: None, chunked: false, media_type: None };
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = Some(value.parse().ok()?),
                "content-type" => head.media_type = Some(value.to_owned()),
                "transfer-encoding" => head.chunked = value.to_ascii_lowercase().ends_with("chunked"),
                _ => {}
            }
        }
        Some(head)
    }
}

/// A body that comes in chunks (RFC 9112 section 7.1); `None` while its end is missing.
fn unchunk(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let mut body = Vec::new();
    loop {
        let Some(at) = memchr::memmem::find(rest, b"\r\n") else { return Ok(None) };
        let (line, after) = rest.split_at(at);
        let digits = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        let digits = std::str::from_utf8(digits).map_err(|_| Failure::Malformed)?;
        let size = usize::from_str_radix(digits, 16).map_err(|_| Failure::Malformed)?;
        if size == 0 {
            return Ok(Some(body));
        }
        if size > LONGEST_BODY.saturating_sub(body.len()) {
            return Err(Failure::TooLong);
        }
        let after = after.get(2..).unwrap_or_default();
        let Some((chunk, end)) = after.split_at_checked(size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        match end.split_at_checked(2) {
            Some((b"\r\n", next)) => rest = next,
            Some(_) => return Err(Failure::Malformed),
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(media_type: Option<&str>, body: &str) -> Result<Progress, Failure> {
        let media_type = media_type.map(str::to_owned);
        Ok(Progress::Whole(PolicyDocument { media_type, body: body.as_bytes().into() }))
    }

    #[test]
    fn a_body_ends_by_length_by_chunks_or_with_the_connection() {
        let plain = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
        for (answer, ended) in [
            (format!("{plain}content-length: 3\r\n\r\nabc"), false),
            (format!("{plain}\r\nabc"), true),
            (format!("{plain}Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), false),
            (format!("HTTP/1.1 100 Continue\r\n\r\n{plain}Content-Length: 3\r\n\r\nabc, and more"), false),
        ] {
            assert_eq!(read(answer.as_bytes(), ended), document(Some("text/plain"), "abc"), "{answer}");
            // Every part of it is only the beginning.
            let parts = (0..answer.len() - 13).filter_map(|at| answer.as_bytes().get(..at));
            for part in parts.filter(|_| !ended && !answer.contains("more")) {
                assert!(matches!(read(part, false), Ok(Progress::Partial) | Ok(Progress::Whole(_))));
            }
        }
        assert_eq!(read(b"HTTP/1.0 200\r\n\r\n", true), document(None, ""));
    }

    #[test]
    fn what_is_no_document_is_told_apart() {
        let long = "x".repeat(LONGEST_BODY + 1);
        for (answer, failure) in [
            ("HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/\r\n\r\n", Failure::HttpStatus(301)),
            ("HTTP/1.1 404 Not Found\r\n\r\n", Failure::HttpStatus(404)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", Failure::TooLong),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Failure::Malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Failure::Malformed),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", Failure::TooLong),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", Failure::Malformed),
            ("SSH-2.0-OpenSSH\r\n\r\n", Failure::Malformed),
            ("", Failure::Malformed),
            (&format!("HTTP/1.1 200 OK\r\n\r\n{long}"), Failure::TooLong),
            (&long, Failure::TooLong),
        ] {
            assert_eq!(read(answer.as_bytes(), true), Err(failure), "{:.80}", answer);
        }
    }

    #[test]
    fn mutated_answers_do_no_harm() {
        let answer =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        let mut state = 1_u64;
        for _ in 0..100_000 {
            let mut bytes = answer.to_vec();
            for _ in 0..3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 40) as usize % bytes.len();
                bytes[at] = (state >> 32) as u8;
            }
            let _ = read(&bytes, state & 1 == 0);
        }
    }
}
