//! Spoilt reports: nothing panics, whole records stay, and a stream gives what the bytes give.

use super::sample::SOUND;
use super::*;

/// Marsaglia's xorshift: the same numbers on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// A sample behind a comment that fills the first chunk, so that the rest comes in chunks as small as asked.
fn behind_a_comment(text: &str) -> String {
    let (declaration, rest) = text.split_once('\n').unwrap();
    format!("{declaration}<!--{}-->\n{rest}", "-".repeat(2048))
}

/// Reads some bytes at once and in chunks, which must agree.
fn read_every_way(bytes: &[u8], chunk: usize) -> Vec<Document> {
    let limits = Limits { text_bytes: 40, ..Limits::default() };
    assert_eq!(
        told(&all(bytes, &limits)),
        told(&all_of_chunks(bytes, chunk, &limits)),
        "in chunks of {chunk}: {}",
        bytes.escape_ascii()
    );
    all(bytes, &Limits::default())
}

#[test]
fn cut_anywhere_a_report_keeps_its_whole_records() {
    let text = behind_a_comment(SOUND);
    let sound = all(text.as_bytes(), &Limits::default()).remove(0).unwrap().1;
    for end in 2100..text.len() {
        let cut = &text[..end];
        let whole = cut.matches("</record>").count();
        match &read_every_way(cut.as_bytes(), 64)[..] {
            [Ok((ending, records))] => {
                assert_eq!(records[..], sound[..whole], "cut at {end}");
                assert_eq!(ending.truncated, !cut.contains("</feedback>"), "cut at {end}");
                assert_eq!(ending.notes.has(NoteCode::Truncated), ending.truncated);
            }
            [Err(_)] => assert_eq!(whole, 0, "cut at {end}"),
            documents => panic!("{documents:?}"),
        }
    }
}

#[test]
fn a_doubled_chunk_within_a_record_costs_no_other() {
    let sound = all(SOUND.as_bytes(), &Limits::default()).remove(0).unwrap().1;
    let first = SOUND.find("<record>").unwrap() + "<record>".len();
    let second = SOUND.find("</record>").unwrap();
    let mut numbers = Numbers(3);
    for _ in 0..2000 {
        let start = first + numbers.below(second - first);
        let end = start + numbers.below(second - start);
        let text = format!("{}{}", &SOUND[..end], &SOUND[start..]);
        let documents = all(text.as_bytes(), &Limits::default());
        let Ok((ending, records)) = &documents[0] else { panic!("{documents:?}\n{text}") };
        assert_eq!(records.last(), sound.last(), "{text}");
        // A row that was doubled is counted as one that was skipped.
        assert!((2..=3).contains(&(records.len() as u64 + ending.records_skipped)), "{text}");
    }
}

/// One change to some bytes.
fn spoil(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    const PIECES: [&str; 28] = [
        "<",
        ">",
        "</",
        "/>",
        "&",
        ";",
        "\"",
        "'",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE x [",
        "<?",
        "?>",
        "<record>",
        "</record>",
        "</row>",
        "<feedback>",
        "</feedback>",
        "<x>",
        "</x>",
        "&#0;",
        "\u{feff}",
        "\0",
        "<count>",
        "<!",
        "\u{e9}",
    ];
    let from = numbers.below(bytes.len());
    let to = from + numbers.below((bytes.len() - from).min(200));
    let at = numbers.below(bytes.len());
    let piece = match numbers.below(6) {
        0 => return bytes[at] ^= 1 << numbers.below(8),
        1 => return drop(bytes.drain(from..to)),
        2 => return bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
        3 => bytes[from..to].to_vec(),
        _ => PIECES[numbers.below(PIECES.len())].into(),
    };
    bytes.splice(at..at, piece);
}

#[test]
fn spoilt_reports_are_read_the_same_way_in_segments() {
    let text = behind_a_comment(&repeated(&repeated(SOUND)));
    let mut numbers = Numbers(0x5851_f42d_4c95_7f2d);
    let limits = [
        Limits::default(),
        // What was read before is not gone by, and texts are cut.
        Limits { text_bytes: 40, ..Limits::default() },
        Limits { records: 9, ..Limits::default() },
    ];
    let (mut memory, mut taken_over) = (Memory::default(), [0; 3]);
    for round in 0..6000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..numbers.below(4) {
            spoil(&mut bytes, &mut numbers);
        }
        let chunk = [1000, 2500, 6000, 20_000][numbers.below(4)];
        let limits_of_round = &limits[round % 3];
        // What is remembered goes with the limits.
        let mut fresh = Memory::default();
        let memory = if round % 3 == 0 { &mut memory } else { &mut fresh };
        let (documents, times) = all_of_segments(&bytes, chunk, limits_of_round, memory);
        taken_over[round % 3] += times;
        assert_eq!(
            told(&documents),
            told(&all(&bytes, limits_of_round)),
            "in chunks of {chunk}: {}",
            bytes.escape_ascii()
        );
    }
    assert!(taken_over.iter().all(|&times| times > 500), "{taken_over:?}");
}

#[test]
fn spoilt_reports_are_read_the_same_way_in_pieces() {
    let text = behind_a_comment(SOUND);
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..4000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=numbers.below(4) {
            spoil(&mut bytes, &mut numbers);
        }
        let chunk = [1, 7, 64, 1000][numbers.below(4)];
        read_every_way(&bytes, chunk);
    }
}

/// What the plain way gives must be what quick-xml gives, with a memory of all that was read before too.
pub(super) fn read_like_quick_xml(bytes: &[u8], memory: &mut Memory) {
    let limits = Limits::default();
    let expected = told(&all_by_quick_xml(bytes, &limits));
    assert_eq!(told(&all(bytes, &limits)), expected, "{}", bytes.escape_ascii());
    assert_eq!(told(&all_remembering(bytes, memory)), expected, "{}", bytes.escape_ascii());
}

#[test]
fn the_plain_way_is_a_short_cut_only() {
    let sound = [SOUND.to_owned(), repeated(SOUND), repeated(SOUND).replace('\n', "\r\n\t")];
    let mut memory = Memory::default();
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for number in 0..6000 {
        let mut bytes = sound[number % sound.len()].clone().into_bytes();
        for _ in 0..numbers.below(4) {
            spoil(&mut bytes, &mut numbers);
        }
        read_like_quick_xml(&bytes, &mut memory);
    }
}

/// A report with its records several times over, with other addresses and counts.
fn repeated(text: &str) -> String {
    let (start, end) = (text.find("<record>").unwrap(), text.rfind("</record>").unwrap() + 9);
    let again = text[start..end].replace("<count>", "<count>1").replace(".1<", ".10<");
    let again = again.replace("<envelope_to>", "<envelope_to>a.");
    format!("{}{again}{}", &text[..end], &text[end..])
}
