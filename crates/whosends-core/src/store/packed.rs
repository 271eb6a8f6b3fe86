//! The rows of `traffic`: counting records in a form that is read in bulk.
//!
//! Rows come in blocks, each of one report or of a part of a large one. A block begins with the reporter's id,
//! with twice the number of its rows, and one more where the report is of several days. A row is the distance
//! of its address from the address of the row before (or from the smallest there is), its profile, and its
//! messages; rows of one address and profile are added up. All numbers are written in groups of seven bits,
//! the lowest first, each but the last with its high bit set.

use super::codec::{FIRST_V4, uint};
use super::error::{Fault, Outcome};

/// The most rows of a block: they are sorted together.
pub(super) const BLOCK: usize = 8192;
/// The bytes of one report that are held until it is known whose it is; a larger one is read again.
const MOST_BYTES: usize = 12 << 20;

/// A row: address, profile and messages.
type Row = (i64, i64, u64);

/// Packs the records of one report.
#[derive(Debug, Default)]
pub(super) struct Packer {
    /// Full blocks without their beginnings: how many rows each has, and where it ends in `bytes`.
    blocks: Vec<(usize, usize)>,
    bytes: Vec<u8>,
    waiting: Vec<Row>,
    given_up: bool,
}

impl Packer {
    /// Takes a record.
    pub(super) fn push(&mut self, address: i64, profile: i64, messages: u64) {
        if self.given_up {
            return;
        }
        self.waiting.push((address, profile, messages));
        if self.waiting.len() >= BLOCK {
            let rows = add_up(&mut self.waiting);
            write_rows(&mut self.bytes, &self.waiting);
            self.blocks.push((rows, self.bytes.len()));
            self.waiting.clear();
            if self.bytes.len() > MOST_BYTES {
                *self = Self { given_up: true, ..Self::default() };
            }
        }
    }

    /// Whether it holds every record it was given; if not, they were too many.
    pub(super) const fn is_whole(&self) -> bool {
        !self.given_up
    }

    /// Hands over the blocks in order.
    pub(super) fn finish(&self, reporter: i64, multi_day: bool, block: &mut dyn FnMut(&[u8])) {
        let begin = |bytes: &mut Vec<u8>, rows: usize| {
            write_number(bytes, uint(reporter));
            write_number(bytes, (rows as u64) << 1 | u64::from(multi_day));
        };
        let mut start = 0;
        for &(rows, end) in &self.blocks {
            let mut bytes = Vec::with_capacity(end - start + 20);
            begin(&mut bytes, rows);
            bytes.extend_from_slice(&self.bytes[start..end]);
            block(&bytes);
            start = end;
        }
        let mut rest = self.waiting.clone();
        if !rest.is_empty() {
            let rows = add_up(&mut rest);
            let mut bytes = Vec::with_capacity(rows * 9 + 20);
            begin(&mut bytes, rows);
            write_rows(&mut bytes, &rest);
            block(&bytes);
        }
    }
}

/// Sorts rows, adds up those of one address and profile, and says how many are left.
fn add_up(rows: &mut Vec<Row>) -> usize {
    rows.sort_unstable();
    rows.dedup_by(|next, kept| {
        // What is too large for a number of SQLite stays apart: sums must come out the same in any order.
        let sum = next.2.checked_add(kept.2).filter(|&sum| i64::try_from(sum).is_ok());
        match sum {
            Some(sum) if (next.0, next.1) == (kept.0, kept.1) => {
                kept.2 = sum;
                true
            }
            _ => false,
        }
    });
    rows.len()
}

fn write_rows(bytes: &mut Vec<u8>, rows: &[Row]) {
    let mut before = FIRST_V4;
    for &(address, profile, messages) in rows {
        // The smallest address is `FIRST_V4`, and rows are sorted.
        write_number(bytes, address.abs_diff(before));
        write_number(bytes, uint(profile));
        write_number(bytes, messages);
        before = address;
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// One packed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PackedRow {
    pub(super) reporter: u32,
    pub(super) multi_day: bool,
    pub(super) address: i64,
    pub(super) profile: i64,
    pub(super) messages: u64,
}

/// Visits the rows of a part.
pub(super) fn unpack(bytes: &[u8], mut visit: impl FnMut(&PackedRow)) -> Outcome<()> {
    let mut numbers = Numbers(bytes);
    while !numbers.0.is_empty() {
        let mut block = Block::begin(numbers)?;
        block.visit_until(i64::MAX, &mut visit)?;
        numbers = block.numbers;
    }
    Ok(())
}

/// Visits the blocks of a part.
pub(super) fn blocks<'b>(bytes: &'b [u8], mut visit: impl FnMut(Block<'b>) -> Outcome<()>) -> Outcome<()> {
    let mut numbers = Numbers(bytes);
    while !numbers.0.is_empty() {
        let block = Block::begin(numbers)?;
        numbers = block.rest()?;
        visit(block)?;
    }
    Ok(())
}

/// A block, of which some rows may have been visited.
#[derive(Debug, Clone)]
pub(super) struct Block<'b> {
    numbers: Numbers<'b>,
    /// The rows that are left after `row`.
    left: u64,
    /// What rows share, and the last address.
    row: PackedRow,
    /// Whether `row` is still to be visited: it lies behind the end that was asked for.
    waits: bool,
}

impl<'b> Block<'b> {
    fn begin(mut numbers: Numbers<'b>) -> Outcome<Self> {
        let reporter = u32::try_from(numbers.next()?).map_err(|_| damaged())?;
        let head = numbers.next()?;
        let row =
            PackedRow { reporter, multi_day: head & 1 == 1, address: FIRST_V4, profile: 0, messages: 0 };
        Ok(Self { numbers, left: head >> 1, row, waits: false })
    }

    /// How many rows there are, of a block that was not visited.
    pub(super) fn rows(&self) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX)
    }

    /// What comes after the block.
    fn rest(&self) -> Outcome<Numbers<'b>> {
        let numbers = self.left.checked_mul(3).and_then(|numbers| usize::try_from(numbers).ok());
        let mut left = numbers.ok_or_else(damaged)?;
        let mut bytes = self.numbers.0;
        // The last byte of each number has its high bit unset.
        while left > 0 {
            let (some, more) = bytes.split_at(bytes.len().min(left));
            if some.is_empty() {
                return Err(damaged());
            }
            left -= some.iter().filter(|&&byte| byte < 0x80).count();
            bytes = more;
        }
        Ok(Numbers(bytes))
    }

    /// Visits the rows up to an address, that included, and says whether there are more.
    pub(super) fn visit_until(&mut self, end: i64, mut visit: impl FnMut(&PackedRow)) -> Outcome<bool> {
        let mut row = self.row;
        loop {
            if self.waits {
                if row.address > end {
                    self.row = row;
                    return Ok(true);
                }
                visit(&row);
            }
            if self.left == 0 {
                self.waits = false;
                return Ok(false);
            }
            self.left -= 1;
            self.waits = true;
            row.address = row.address.checked_add_unsigned(self.numbers.next()?).ok_or_else(damaged)?;
            row.profile = i64::try_from(self.numbers.next()?).map_err(|_| damaged())?;
            row.messages = self.numbers.next()?;
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Numbers<'b>(&'b [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Outcome<u64> {
        match *self.0 {
            [one, ref rest @ ..] if one < 0x80 => {
                self.0 = rest;
                Ok(u64::from(one))
            }
            _ => self.long(),
        }
    }

    fn long(&mut self) -> Outcome<u64> {
        let mut number = 0;
        for (at, &byte) in self.0.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7f);
            if at == 9 && bits > 1 {
                break;
            }
            number |= bits << (7 * at);
            if byte < 0x80 {
                self.0 = &self.0[at + 1..];
                return Ok(number);
            }
        }
        Err(damaged())
    }
}

fn damaged() -> Fault {
    Fault::damaged("rows that can't be unpacked")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(rows: &[Row], multi_day: bool) -> Vec<u8> {
        let mut packer = Packer::default();
        rows.iter().for_each(|&(address, profile, messages)| packer.push(address, profile, messages));
        assert!(packer.is_whole());
        let mut bytes = Vec::new();
        packer.finish(7, multi_day, &mut |block| bytes.extend_from_slice(block));
        bytes
    }

    fn unpacked(bytes: &[u8]) -> Vec<PackedRow> {
        let mut rows = Vec::new();
        unpack(bytes, |row| rows.push(*row)).expect("unpacked");
        rows
    }

    #[test]
    fn rows_come_back_sorted_and_added_up() {
        let most = i64::MAX.unsigned_abs();
        let bytes = packed(
            &[(5, 300, 1), (FIRST_V4, 1, 0), (5, 2, most), (5, 300, 127), (1 << 40, 70_000, 9), (5, 2, 1)],
            true,
        );
        let found: Vec<Row> =
            unpacked(&bytes).iter().map(|row| (row.address, row.profile, row.messages)).collect();
        let expected = [
            (FIRST_V4, 1, 0),
            // Together they would be too large.
            (5, 2, 1),
            (5, 2, most),
            (5, 300, 128),
            (1 << 40, 70_000, 9),
        ];
        assert_eq!(found, expected);
        assert!(unpacked(&bytes).iter().all(|row| row.reporter == 7 && row.multi_day));
        assert!(packed(&[], false).is_empty());
    }

    #[test]
    fn a_large_report_makes_blocks() {
        let rows: Vec<Row> = (0..20_000).map(|n| ((n * 7919) % 20_000, n % 3, 2)).collect();
        let bytes = packed(&rows, false);
        let mut found: Vec<Row> =
            unpacked(&bytes).iter().map(|row| (row.address, row.profile, row.messages)).collect();
        found.sort_unstable();
        let mut expected = rows;
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let bytes = packed(&[(5, 300, 1), (6, 1, 1)], false);
        for end in 1..bytes.len() {
            unpack(&bytes[..end], |_| {}).expect_err("cut short");
        }
        unpack(&[0xff; 30], |_| {}).expect_err("a number too large");
        // Rows that are not there take no memory and end at once.
        unpack(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1, 1], |_| {})
            .expect_err("too many rows");
    }
}
