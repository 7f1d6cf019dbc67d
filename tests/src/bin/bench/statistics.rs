//! What many measurements say in one.

/// The value below which the share `q` (0 to 1) of the values lies; 0 for none.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    #[expect(clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a list")]
    let place = (q.clamp(0.0, 1.0) * last as f64).round() as usize;
    sorted[place]
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(
            [median(&[3.0, 1.0, 2.0]), quantile(&[3.0, 1.0, 2.0], 1.0), median(&[])]
                .map(f64::to_bits),
            [2.0, 3.0, 0.0].map(f64::to_bits)
        );
    }
}
