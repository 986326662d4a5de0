//! What happens to one seed: drawn from it and from nothing else.

use crate::dice::Dice;

/// Milliseconds since the simulation's beginning.
pub type Ms = u64;

/// One seed's fate.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// Seconds that each life is to observe, and whether they are counted by the wall clock.
    pub seconds: u64,
    pub is_by_wall: bool,
    /// Milliseconds between polls, and between steps of the market.
    pub every: Ms,
    pub tick: Ms,
    /// Milliseconds that a chunk of bytes is on its way.
    pub latency: (Ms, Ms),
    /// Bytes that one read or write of the client moves at most.
    pub bite: usize,
    pub wrong: Option<(Ms, Wrong)>,
    pub weather: Vec<(Ms, Weather)>,
    pub clocks: Vec<(Ms, ClockFault)>,
    pub disk: Option<DiskFault>,
    pub ledger: Option<LedgerFault>,
    pub beside: Option<Beside>,
    /// How each life of the process ends; all but the last are gone on with by `--resume`.
    pub lives: Vec<Death>,
    /// Milliseconds between two lives.
    pub pause: Ms,
    pub is_compressed: bool,
    pub rotate: Option<u64>,
}

/// What is wrong with the values of one side, all the time from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    CentInStream,
    CentInRest,
    RowMissingInStream,
    FieldMissingInStream,
    StreamFrozen,
}

/// What happens to the network, or to the server as the network shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Every connection is reset.
    Reset,
    /// The stream ends without a close frame.
    HalfClose,
    /// The server closes the stream with this code.
    Close(u16),
    /// Nothing of the stream arrives for less than the delay that a push may have; then all of it does.
    Stall(Ms),
    /// The same for longer: a screen would have been wrong meanwhile.
    LongStall(Ms),
    /// The stream's connection says nothing more, and nobody says that it ended.
    BlackHole,
    /// Connections are refused.
    Refuse(Ms),
    /// Connections are neither made nor refused.
    Unreachable(Ms),
    /// Handshakes are answered with this status.
    Handshake(Ms, u16),
    /// Handshakes are answered with something that is no HTTP.
    Garbage(Ms),
    RestStatus(Ms, u16),
    /// A page of HTML with status 200.
    RestPage(Ms),
    /// Answers break off at this byte.
    RestCut(Ms, usize),
    /// Answers never come.
    RestHang(Ms),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockFault {
    /// The wall clock is set by so many seconds.
    Set(i64),
    /// The machine sleeps for so long.
    Sleep(Ms),
}

/// The disk of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// From the n-th write on there is no room, after so many bytes of it.
    Full(u64, usize),
    /// The n-th write fails.
    Broken(u64),
    /// Each write takes only a part of what it is given; no fault at all.
    Short,
    /// The n-th file cannot be made.
    NoFile(u64),
}

/// The ledger's store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerFault {
    /// The n-th time it cannot be opened.
    Closed(u64),
    /// From the n-th time on it cannot be opened.
    Gone(u64),
    /// The n-th entry is not taken.
    Refused(u64),
    /// From the n-th entry on none is taken.
    Full(u64),
    /// The n-th entry is taken, and nobody hears of it.
    InDoubt(u64),
}

/// What lies beside the ledger where evidence waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// A kill left the beginning of a line.
    Torn,
    /// None of the files can be written.
    Unwritable,
}

/// How one life of the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// When it has observed for as long as it was to.
    Old,
    /// By SIGINT or its kin, so many milliseconds after it began, or at the n-th step of everything that waits.
    Interrupt(Ms),
    InterruptAtStep(u64),
    /// By two of them.
    Impatience(Ms, Ms),
    ImpatienceAtStep(u64, u64),
    /// By SIGKILL.
    Kill(Ms),
    KillAtStep(u64),
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let mut shape = dice.fork("shape");
        let (every, tick) = (*shape.pick(&[400, 500, 700, 1_000]), *shape.pick(&[400, 500, 800]));
        // Thirty answers and a few more.
        let seconds = every * 45 / 1_000 + shape.below(8);
        let low = shape.below(20);
        let mut plan = Self {
            seed,
            seconds,
            is_by_wall: dice.fork("end").chance(15),
            every,
            tick,
            latency: (low, low + shape.below(180)),
            bite: *shape.pick(&[1, 7, 64, 1_400, 1_400, 65_536]),
            wrong: None,
            weather: Vec::new(),
            clocks: Vec::new(),
            disk: None,
            ledger: None,
            beside: None,
            lives: vec![Death::Old],
            pause: 500 + shape.below(20_000),
            is_compressed: shape.chance(25),
            rotate: shape.chance(15).then(|| 2_000 + shape.below(20_000)),
        };
        // One byte at a time is a thousand reads a message.
        if plan.bite == 1 && shape.chance(70) {
            plan.bite = 3;
        }
        if shape.chance(35) {
            plan.wrong = Some(wrong(&mut dice.fork("wrong"), plan.end()));
        }
        // One in five has nothing but that: there the verdict is known exactly.
        if shape.chance(20) {
            return plan;
        }
        let mut draw = dice.fork("lives");
        if draw.chance(45) {
            plan.lives.clear();
            for _ in 0..=draw.below(2) {
                plan.lives.push(death(&mut draw, plan.end()));
            }
            if draw.chance(70) {
                plan.lives.push(Death::Old);
            }
        }
        plan.draw_faults(&dice);
        plan
    }

    fn draw_faults(&mut self, dice: &Dice) {
        let span = self.end() * self.lives.len() as u64;
        let mut draw = dice.fork("weather");
        if draw.chance(65) {
            for _ in 0..=draw.below(4) {
                let at = draw.below(span);
                self.weather.push((at, weather(&mut draw)));
            }
            if draw.chance(3) {
                self.weather.push((draw.below(self.end() / 2), Weather::BlackHole));
                self.seconds += 70;
            }
            self.weather.sort_by_key(|(at, _)| *at);
        }
        let mut draw = dice.fork("clocks");
        if draw.chance(20) {
            for _ in 0..=draw.below(2) {
                let fault = match draw.below(4) {
                    // such a run goes on until the clock says so
                    0 if self.is_by_wall => ClockFault::Set(-20),
                    0 => ClockFault::Set(-3_600),
                    1 => ClockFault::Set(86_400),
                    2 => ClockFault::Set(draw.between(-5, 5)),
                    _ => ClockFault::Sleep(draw.below(30_000)),
                };
                self.clocks.push((draw.below(span), fault));
            }
            self.clocks.sort_by_key(|(at, _)| *at);
        }
        let mut draw = dice.fork("disk");
        if draw.chance(20) {
            self.disk = Some(match draw.below(5) {
                0 => DiskFault::Full(draw.below(120), draw.below(4_000) as usize),
                1 => DiskFault::Broken(draw.below(120)),
                2 => DiskFault::NoFile(1 + draw.below(3)),
                _ => DiskFault::Short,
            });
        }
        let mut draw = dice.fork("ledger");
        if draw.chance(30) {
            let nth = draw.spread(1, 100) as u64;
            self.ledger = Some(match draw.below(5) {
                0 => LedgerFault::Closed(1 + draw.below(3)),
                1 => LedgerFault::Gone(1 + draw.below(3)),
                2 => LedgerFault::Refused(nth),
                3 => LedgerFault::Full(nth),
                _ => LedgerFault::InDoubt(nth),
            });
        }
        if draw.chance(15) {
            self.beside = Some(*draw.pick(&[Beside::Torn, Beside::Torn, Beside::Unwritable]));
        }
    }

    /// When a life that nothing ends sooner is over, from its beginning on.
    pub fn end(&self) -> Ms {
        self.seconds * 1_000
    }

    /// Whether nothing happens that could keep a run from its verdict.
    pub fn is_undisturbed(&self) -> bool {
        let is_healthy = self.disk.is_none_or(|fault| fault == DiskFault::Short);
        self.weather.is_empty()
            && self.clocks.is_empty()
            && is_healthy
            && self.ledger.is_none()
            && self.beside.is_none()
            && self.lives == [Death::Old]
    }

    /// Whether nothing happens from this moment on, to the end of the only life.
    pub fn is_calm_since(&self, ms: Ms) -> bool {
        let later = |at: &Ms| *at + 10_000 > ms;
        self.lives == [Death::Old]
            && !self.weather.iter().any(|(at, _)| later(at))
            && !self.clocks.iter().any(|(at, _)| later(at))
    }

    /// Whether a screen was wrong for longer than a push may take, through nobody's values.
    pub fn is_late(&self) -> bool {
        self.weather.iter().any(|(_, it)| matches!(it, Weather::LongStall(_) | Weather::BlackHole))
    }
}

fn wrong(dice: &mut Dice, end: Ms) -> (Ms, Wrong) {
    let since = if dice.chance(60) { 0 } else { dice.below(end / 2) };
    let kinds = [
        Wrong::CentInStream,
        Wrong::CentInRest,
        Wrong::RowMissingInStream,
        Wrong::FieldMissingInStream,
        Wrong::StreamFrozen,
    ];
    (since, *dice.pick(&kinds))
}

fn weather(dice: &mut Dice) -> Weather {
    let lasts = 200 + dice.below(6_000);
    match dice.below(15) {
        0 | 1 => Weather::Reset,
        2 => Weather::HalfClose,
        3 => Weather::Close(*dice.pick(&[1000, 1001, 1011, 1012, 4001])),
        4 | 5 => Weather::Stall(100 + dice.below(700)),
        6 => Weather::LongStall(3_000 + dice.below(5_000)),
        7 => Weather::Refuse(lasts),
        8 => Weather::Unreachable(lasts),
        9 => Weather::Handshake(lasts, *dice.pick(&[403, 404, 500, 503])),
        10 => Weather::Garbage(lasts),
        11 => Weather::RestStatus(lasts, *dice.pick(&[404, 429, 500, 502])),
        12 => Weather::RestPage(lasts),
        13 => Weather::RestCut(lasts, dice.below(600) as usize),
        _ => Weather::RestHang(lasts),
    }
}

fn death(dice: &mut Dice, end: Ms) -> Death {
    match dice.below(8) {
        0 => Death::Interrupt(dice.below(end)),
        1 => Death::InterruptAtStep(dice.spread(1, 20_000) as u64),
        2 => {
            let first = dice.below(end);
            Death::Impatience(first, first + dice.below(700))
        }
        3 => {
            let first = dice.spread(1, 20_000) as u64;
            Death::ImpatienceAtStep(first, first + dice.below(200))
        }
        4 | 5 => Death::KillAtStep(dice.spread(1, 20_000) as u64),
        _ => Death::Kill(dice.below(end)),
    }
}
