//! JSON in binary frames: as it is, or compressed by gzip, zlib or plain deflate.

use std::io::Read as _;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Why a binary frame holds no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecoded {
    NotText,
    TooLarge,
}

/// The text of a binary frame, of at most `limit` bytes.
///
/// # Errors
/// Where it is neither UTF-8 nor compressed UTF-8, or is larger.
pub fn inflated(frame: &[u8], limit: usize) -> Result<String, Undecoded> {
    match frame {
        [0x1f, 0x8b, ..] => text(MultiGzDecoder::new(frame), limit),
        _ => match std::str::from_utf8(frame) {
            Ok(plain) => Ok(plain.to_owned()),
            // The head of zlib: deflate, and a multiple of 31.
            Err(_) => match frame {
                [first, second, ..]
                    if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 =>
                {
                    text(ZlibDecoder::new(frame), limit)
                }
                _ => text(DeflateDecoder::new(frame), limit),
            },
        },
    }
}

fn text(decoder: impl std::io::Read, limit: usize) -> Result<String, Undecoded> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(most).read_to_end(&mut bytes).map_err(|_| Undecoded::NotText)?;
    if bytes.len() > limit {
        return Err(Undecoded::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| Undecoded::NotText)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    #[test]
    fn text_is_read_in_each_compression_and_nothing_else_is() {
        let text = r#"{"type":"positions","data":"Zürich Zürich Zürich"}"#;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        zlib.write_all(text.as_bytes()).unwrap();
        deflate.write_all(text.as_bytes()).unwrap();
        let forms = [
            text.as_bytes().to_vec(),
            gzip.finish().unwrap(),
            zlib.finish().unwrap(),
            deflate.finish().unwrap(),
        ];
        for form in &forms {
            assert_eq!(inflated(form, 1000).as_deref(), Ok(text));
        }
        for form in &forms[1..] {
            assert_eq!(inflated(form, 20), Err(Undecoded::TooLarge));
        }
        for odd in [&[0xff, 0xfe, 0x00][..], &[0x81, 0xa1, 0x61, 0xff], &[0x1f, 0x8b, 0x08]] {
            assert_eq!(inflated(odd, 1000), Err(Undecoded::NotText), "{odd:?}");
        }
    }

    #[test]
    fn a_bomb_costs_no_more_than_the_limit() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&vec![b' '; 20 << 20]).unwrap();
        assert_eq!(inflated(&gzip.finish().unwrap(), 1 << 20), Err(Undecoded::TooLarge));
    }
}
