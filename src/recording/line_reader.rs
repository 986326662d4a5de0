//! Reads a file in blocks and lends its lines without copying them. A compressed file is decompressed ahead, in a thread
//! of its own.

use std::io::{self, BufRead, ErrorKind, Read};
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

/// Read at once, and handed over together.
const BLOCK: usize = 128 << 10;
/// Blocks that the thread may be ahead.
const BLOCKS: usize = 2;
/// What is decompressed to fewer blocks than these is over before a thread has begun.
const WITHOUT_THREAD: usize = 8;

/// Longer lines are no recording of ours: a message is limited when it is received.
const LONGEST_LINE: usize = 1 << 30;

/// Bytes read in blocks, and lent in lines.
pub struct LineReader {
    from: From,
    block: Vec<u8>,
    /// How much of the block is taken.
    taken: usize,
    /// How many blocks are read before a thread of its own reads them.
    without_thread: usize,
    /// Bytes of a line at most.
    longest: usize,
    line: CurrentLine,
}

/// Where the present line is.
enum CurrentLine {
    /// In the block.
    Here(Range<usize>),
    /// It began in an earlier block, and was put together.
    Apart(Vec<u8>),
}

enum From {
    Here(ByteSource),
    Thread(Blocks),
    /// The end, or an error, was met.
    Nowhere,
}

impl LineReader {
    /// Of what costs little to read: the system reads files ahead by itself, and to wake a thread takes longer.
    pub fn of(source: impl Read + Send + 'static) -> Self {
        let source = ByteSource { bytes: Box::new(source), failed: None };
        let (from, line) = (From::Here(source), CurrentLine::Here(0..0));
        Self { from, block: Vec::new(), taken: 0, without_thread: usize::MAX, longest: LONGEST_LINE, line }
    }

    /// Of what takes its time to read, once it turns out to be long.
    pub fn in_thread(source: impl Read + Send + 'static) -> Self {
        Self { without_thread: WITHOUT_THREAD, ..Self::of(source) }
    }

    /// The current line, without its line feed.
    pub fn line(&self) -> &[u8] {
        match &self.line {
            CurrentLine::Here(range) => &self.block[range.clone()],
            CurrentLine::Apart(line) => line,
        }
    }

    /// Moves to the next line; false where the file ended instead of a line feed. After an error the line is what
    /// could be read of it.
    pub fn next_line(&mut self) -> io::Result<bool> {
        if let Some(line) = self.next_here() {
            self.line = CurrentLine::Here(line);
            return Ok(true);
        }
        let mut line = Vec::new();
        let is_whole = self.read_line(&mut line);
        self.line = CurrentLine::Apart(line);
        is_whole
    }

    /// Moves to the next line if all of it is in the current block; returns its range there.
    pub fn next_here(&mut self) -> Option<Range<usize>> {
        let length = memchr::memchr(b'\n', &self.block[self.taken..])?;
        let line = self.taken..self.taken + length;
        self.taken = line.end + 1;
        Some(line)
    }

    /// What stands there in the present block.
    pub fn at(&self, line: &Range<usize>) -> &[u8] {
        &self.block[line.clone()]
    }

    /// Reads a line that does not end in the present block.
    fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        let longest = self.longest;
        loop {
            let block = self.fill_buf()?;
            let end = memchr::memchr(b'\n', block);
            let content = &block[..end.unwrap_or(block.len())];
            if line.len() + content.len() >= longest {
                let why = format!("a line of more than {longest} bytes");
                return Err(io::Error::new(ErrorKind::InvalidData, why));
            }
            line.extend_from_slice(content);
            let used = content.len() + usize::from(end.is_some());
            self.consume(used);
            if end.is_some() || used == 0 {
                return Ok(end.is_some());
            }
        }
    }

    /// Moves to the next block; an empty one is the end of the file.
    fn turn(&mut self) -> io::Result<()> {
        self.taken = 0;
        let block = std::mem::take(&mut self.block);
        let (from, block) = match std::mem::replace(&mut self.from, From::Nowhere) {
            From::Here(mut source) if self.without_thread > 0 => {
                self.without_thread -= 1;
                let block = source.fill(block)?;
                (From::Here(source), block)
            }
            From::Here(source) => Blocks::read_from(source)?.next(block)?,
            From::Thread(blocks) => blocks.next(block)?,
            From::Nowhere => (From::Nowhere, Vec::new()),
        };
        if !block.is_empty() {
            self.from = from;
        }
        self.block = block;
        Ok(())
    }
}

/// What a thread reads.
struct Blocks {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
}

impl Blocks {
    fn read_from(mut source: ByteSource) -> io::Result<Self> {
        let (full_sender, full) = sync_channel(BLOCKS);
        let (empty, empty_receiver) = channel::<Vec<u8>>();
        // To the end, which an empty block says, to an error, or until nobody listens any more.
        let read = move || loop {
            let block = source.fill(empty_receiver.try_recv().unwrap_or_default());
            let goes_on = block.as_ref().is_ok_and(|block| !block.is_empty());
            if full_sender.send(block).is_err() || !goes_on {
                return;
            }
        };
        thread::Builder::new().name("reading ahead".to_owned()).spawn(read)?;
        Ok(Self { full, empty })
    }

    /// The next block, for an old one to read into.
    fn next(self, old: Vec<u8>) -> io::Result<(From, Vec<u8>)> {
        // Refused only by a thread that has read everything.
        let _ = self.empty.send(old);
        let block = self.full.recv().unwrap_or_else(|_| Err(io::Error::other("reading ahead broke off")))?;
        Ok((From::Thread(self), block))
    }
}

struct ByteSource {
    bytes: Box<dyn Read + Send>,
    /// What came after the last bytes that could be read.
    failed: Option<io::Error>,
}

impl ByteSource {
    /// The next block, in the memory of an old one; an error only after all bytes that came before it.
    fn fill(&mut self, mut block: Vec<u8>) -> io::Result<Vec<u8>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        block.resize(BLOCK, 0);
        let mut length = 0;
        while length < BLOCK {
            match self.bytes.read(&mut block[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if length == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        block.truncate(length);
        Ok(block)
    }
}

impl BufRead for LineReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.block.len() {
            self.turn()?;
        }
        Ok(&self.block[self.taken..])
    }

    fn consume(&mut self, amount: usize) {
        self.taken = (self.taken + amount).min(self.block.len());
    }
}

impl Read for LineReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This many bytes, then an error.
    struct Breaks(usize);

    impl Read for Breaks {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(self.0).min(1000);
            self.0 -= length;
            buffer[..length].fill(b'x');
            if length == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(length) }
        }
    }

    #[test]
    fn every_byte_before_an_error_is_read_with_and_without_a_thread() {
        for length in [0, 10, BLOCK, BLOCK * 3 + 1, BLOCK * (WITHOUT_THREAD + 5) + 7] {
            for mut ahead in [LineReader::of(Breaks(length)), LineReader::in_thread(Breaks(length))] {
                let mut read = Vec::new();
                let error = ahead.read_to_end(&mut read).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{length}");
                assert_eq!(read.len(), length);
                assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 0, "nothing comes after it");
            }
        }
    }

    #[test]
    fn a_line_without_end_is_an_error_and_not_all_the_memory() {
        assert_eq!(LineReader::of(io::empty()).longest, LONGEST_LINE);
        for how in [LineReader::of, LineReader::in_thread] {
            let mut reader = LineReader { longest: 3 * BLOCK, ..how(io::repeat(b'x')) };
            let error = reader.next_line().unwrap_err();
            assert_eq!(error.to_string(), format!("a line of more than {} bytes", 3 * BLOCK));
        }
    }

    #[test]
    fn what_is_long_comes_in_order() {
        let text: Vec<u8> = (0..3_000_000u32).map(|index| (index / 251 % 251) as u8).collect();
        for how in [LineReader::of, LineReader::in_thread] {
            let mut read = Vec::new();
            how(io::Cursor::new(text.clone())).read_to_end(&mut read).unwrap();
            assert!(read == text);
        }
    }

    #[test]
    fn a_reader_that_is_not_read_to_its_end_lets_its_thread_go() {
        let mut ahead = LineReader::in_thread(io::repeat(b'x'));
        let mut some = vec![0; BLOCK * (WITHOUT_THREAD + 4)];
        ahead.read_exact(&mut some).unwrap();
        assert!(matches!(ahead.from, From::Thread(_)));
    }
}
