//! Numbers of bytes as people write them.

/// Bytes of `65536`, `64KB`, `100MB`, `1GB`, `2TB`; powers of ten.
///
/// # Errors
/// In words: what was written is no size.
pub fn parse(text: &str) -> Result<u64, String> {
    let written = text.trim();
    let digits = written.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let factor = match written[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" => Some(1_000),
        "m" | "mb" => Some(1_000_000),
        "g" | "gb" => Some(1_000_000_000),
        "t" | "tb" => Some(1_000_000_000_000),
        _ => None,
    };
    let number = digits.parse::<u64>().ok();
    let size = number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    size.ok_or_else(|| format!("not a size (write \"64KB\", \"100MB\", \"1GB\"): {text:?}"))
}

/// Bytes in the largest unit that has a whole number before the point: `1.5 GB`.
pub fn display(bytes: u64) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    match units.iter().find(|(factor, _)| bytes >= *factor) {
        Some((factor, unit)) => format!("{:.1} {unit}", bytes as f64 / *factor as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them_and_nothing_else_is() {
        let read = [("65536", 65_536), ("64KB", 64_000), (" 100 mb", 100_000_000), ("20GB", 20_000_000_000)];
        for (text, bytes) in read {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "-1GB", "1.5GB", "12 parsecs", "99999999999TB"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(display(1_500_000_000), "1.5 GB");
        assert_eq!(display(999), "999 B");
    }
}
