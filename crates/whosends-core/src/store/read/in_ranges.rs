//! Packed rows of several days, visited by ranges of addresses.
//!
//! The rows of a report are in the order of their addresses, and reports come one after the other: whoever adds up rows by
//! their address would jump about in memory with each. So the blocks of many days are read side by side, each up to
//! the end of a range of addresses, before any goes on to the next range. What is known of the addresses
//! of a range stays at hand meanwhile.

use crate::store::error::Outcome;
use crate::store::packed::{Block, PackedRow, blocks};

/// Rows of a range, as a rule: what is known of so many addresses stays in a processor's cache.
const RANGE: usize = 32 << 10;
/// The rows that are held at most, in packed bytes.
const MOST_BYTES: usize = 16 << 20;
/// The blocks that are open at a time: reports of one record make a block each.
const MOST_BLOCKS: usize = 64 << 10;
/// One block of so many is looked through for where ranges are to end.
const SAMPLE: usize = 31;

/// Packed rows of one day after the other.
#[derive(Debug, Default)]
pub(super) struct Held {
    parts: Vec<(i64, Vec<u8>)>,
    bytes: usize,
}

impl Held {
    /// Takes a part of a day's rows.
    pub(super) fn add(&mut self, day: i64, rows: &[u8]) {
        self.parts.push((day, rows.to_vec()));
        self.bytes = self.bytes.saturating_add(rows.len());
    }

    /// Whether it should be visited before it takes more.
    pub(super) const fn is_full(&self) -> bool {
        self.bytes >= MOST_BYTES
    }

    /// Visits all rows with their days and lets go of them: range after range, and within a range in the order they came.
    pub(super) fn visit(&mut self, mut visit: impl FnMut(i64, &PackedRow)) -> Outcome<()> {
        let mut open = Vec::new();
        let mut rows = 0;
        for (day, bytes) in &self.parts {
            blocks(bytes, |block| {
                if block.rows() > 0 {
                    rows += block.rows();
                    open.push((*day, block));
                }
                if open.len() < MOST_BLOCKS { Ok(()) } else { visit_all(&mut open, &mut rows, &mut visit) }
            })?;
        }
        visit_all(&mut open, &mut rows, &mut visit)?;
        *self = Self::default();
        Ok(())
    }
}

/// Visits the rows of blocks, of which there are so many, and lets go of them.
fn visit_all(
    open: &mut Vec<(i64, Block<'_>)>,
    rows: &mut usize,
    visit: &mut impl FnMut(i64, &PackedRow),
) -> Outcome<()> {
    for end in ends(open, std::mem::take(rows))? {
        let mut wrong = Ok(());
        open.retain_mut(|(day, block)| {
            let more = block.visit_until(end, |row| visit(*day, row));
            more.unwrap_or_else(|fault| {
                wrong = Err(fault);
                false
            })
        });
        wrong?;
    }
    Ok(())
}

/// The last address of each range.
fn ends(blocks: &[(i64, Block<'_>)], rows: usize) -> Outcome<Vec<i64>> {
    let ranges = rows / RANGE;
    let mut sample = Vec::new();
    if ranges > 1 {
        for (_, block) in blocks.iter().step_by(SAMPLE) {
            block.clone().visit_until(i64::MAX, |row| sample.push(row.address))?;
        }
        sample.sort_unstable();
    }
    let mut ends: Vec<i64> =
        (1..ranges).filter_map(|at| sample.get(sample.len() * at / ranges).copied()).collect();
    ends.dedup();
    ends.push(i64::MAX);
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::packed::Packer;

    #[test]
    fn every_row_is_visited_once_and_ranges_follow_each_other() {
        let mut held = Held::default();
        let mut expected = Vec::new();
        for report in 0..700_i64 {
            let mut packer = Packer::default();
            for row in 0..150 {
                let address = (report * 7919 + row * 104_729) % 50_000;
                packer.push(address, row % 4, 1);
                expected.push((report / 20, report % 9, address, row % 4));
            }
            packer.finish(report % 9, false, &mut |block| held.add(report / 20, block));
        }
        let mut found = Vec::new();
        held.visit(|day, row| found.push((day, i64::from(row.reporter), row.address, row.profile))).unwrap();
        let jumps = found.windows(2).filter(|pair| pair[1].2 < pair[0].2).count();
        assert!(jumps < 4 * 700, "a block is left once a range: {jumps}");
        let mut days: Vec<_> = found.iter().filter(|row| row.2 < 100).map(|row| row.0).collect();
        assert!(days.is_sorted());
        days.dedup();
        assert_eq!(days.len(), 35);
        found.sort_unstable();
        expected.sort_unstable();
        expected.dedup();
        found.dedup();
        assert_eq!(found, expected);
        held.visit(|_, _| panic!("visited twice")).unwrap();
    }

    #[test]
    fn many_small_reports_are_read_a_part_at_a_time() {
        let mut held = Held::default();
        let count = MOST_BLOCKS as i64 + 1000;
        for report in 0..count {
            let mut packer = Packer::default();
            packer.push(count - report, 1, 1);
            packer.finish(3, false, &mut |block| held.add(report / 500, block));
        }
        // A block without rows is passed over.
        held.add(count, &[0, 0]);
        let (mut sum, mut rows) = (0, 0);
        held.visit(|_, row| (sum, rows) = (sum + row.address, rows + 1)).unwrap();
        assert_eq!((sum, rows), (count * (count + 1) / 2, count));
        held.add(0, &[1, 200]);
        held.visit(|_, _| {}).expect_err("cut short");
    }
}
