//! What the benches share: numbers by chance that are the same in every run, reports as text and mail, and traffic
//! that was never text.

#![expect(dead_code, reason = "each bench uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]

pub(crate) mod arguments;
pub(crate) mod corpus;
pub(crate) mod owners;
pub(crate) mod traffic;

/// The first day of the made traffic, 2026-08-24, in Unix seconds.
pub(crate) const FIRST: i64 = 1_787_529_600;

/// Random numbers (xorshift64*) that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Numbers for one purpose about one thing, whatever was made before it.
    pub(crate) const fn of(seed: u64, thing: u64, purpose: u64) -> Self {
        let mut bits =
            seed ^ thing.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The one state that xorshift can't leave is zero.
        Self((bits ^ bits >> 31) | 1 << 63)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        // The upper bits are the better ones.
        (self.next() >> 11) % bound
    }
}

/// The text of a report with so many records, by a reporter that the number decides.
pub(crate) fn text(number: u64, records: u64) -> String {
    let mut text = String::new();
    corpus::report::Report::new(1, number, records).write(&mut |piece| text.push_str(piece));
    text
}
