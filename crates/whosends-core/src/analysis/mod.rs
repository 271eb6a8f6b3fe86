//! Sums and judgements over stored traffic.
