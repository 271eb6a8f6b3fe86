//! A small chart in one cell.

/// The most characters of a chart.
const WIDTH: usize = 10;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Messages over time: a bar for each step, or for several where there are many. `·` is nothing at all.
pub fn chart(steps: &[u64]) -> String {
    let per_bar = steps.len().div_ceil(WIDTH).max(1);
    // The mean of each bar's steps: the last bar may have fewer.
    let means: Vec<u128> = steps
        .chunks(per_bar)
        .map(|chunk| {
            chunk.iter().map(|&messages| u128::from(messages)).sum::<u128>() * 1000 / chunk.len() as u128
        })
        .collect();
    let most = means.iter().copied().max().unwrap_or(0);
    means.into_iter().map(|mean| bar(mean, most)).collect()
}

fn bar(mean: u128, most: u128) -> char {
    if mean == 0 {
        return '·';
    }
    let height = (mean * 8).div_ceil(most.max(1)).clamp(1, 8) as usize;
    BARS[height - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_is_the_most_and_nothing_is_a_dot() {
        assert_eq!(chart(&[0, 1, 4, 8]), "·▁▄█");
        assert_eq!(chart(&[]), "");
        assert_eq!(chart(&[0, 0]), "··");
        assert_eq!(chart(&[u64::MAX, 1]), "█▁");
    }

    #[test]
    fn many_steps_share_a_bar() {
        let month: Vec<u64> = (0..30).map(|day| if day < 3 { 6 } else { 3 }).collect();
        assert_eq!(chart(&month), "█▄▄▄▄▄▄▄▄▄");
        // The last of these bars has one step and is no lower for it.
        assert_eq!(chart(&[2; 11]), "██████");
    }
}
