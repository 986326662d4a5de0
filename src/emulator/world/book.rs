//! Account and positions: what moves with every tick.

use crate::emulator::dice::Dice;
use crate::emulator::fixed::Fixed;

/// A broker account as Thor's table has it. Money in dollars, two decimals.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub id: u32,
    pub broker: &'static str,
    pub broker_account_id: &'static str,
    pub number: &'static str,
    pub display_name: &'static str,
    pub cash: Fixed,
    pub starting_balance: Fixed,
    /// Cash and the market value of the positions.
    pub net_liq: Fixed,
}

/// One holding. Quantity has four decimals, prices six, money two.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    pub id: u32,
    pub symbol: String,
    pub asset_type: &'static str,
    pub description: String,
    pub quantity: Fixed,
    pub avg_price: Fixed,
    pub mark_price: Fixed,
    pub realized_pl_open: Fixed,
    pub realized_pl_day: Fixed,
}

impl Account {
    /// Twice the cash, as Thor's paper accounts have it.
    pub fn buying_power(&self) -> Fixed {
        self.cash.add(self.cash)
    }

    pub fn day_trade_bp(&self) -> Fixed {
        self.buying_power().add(self.buying_power())
    }

    /// Money goes in and out; never below a cent.
    pub fn drift(&mut self, dice: &mut Dice) {
        let moved = self.cash.plus(dice.between(-25_000, 25_000));
        self.cash = Fixed::cents(moved.mantissa().clamp(1, 100_000_000));
    }

    pub fn revalue(&mut self, positions: &[Position]) {
        self.net_liq = positions.iter().fold(self.cash, |sum, each| sum.add(each.market_value()));
    }
}

impl Position {
    pub fn market_value(&self) -> Fixed {
        self.mark_price.mul(self.quantity, 2)
    }

    pub fn unrealized_pl(&self) -> Fixed {
        self.mark_price.sub(self.avg_price).mul(self.quantity, 2)
    }

    /// In percent of the average price.
    pub fn pl_percent(&self) -> Fixed {
        let hundredfold = self.mark_price.sub(self.avg_price).mul(Fixed::new(100, 0), 6);
        hundredfold.div(self.avg_price, 2)
    }

    /// Buys, or sells half once the holding has grown too large.
    fn fill(&mut self, dice: &mut Dice) {
        let bought = Fixed::new(dice.between(1, 40) * 2_500, 4);
        let total = self.quantity.add(bought);
        if total.mantissa() > 400_0000 {
            let sold = self.quantity.div(Fixed::new(2, 0), 4);
            let gain = self.mark_price.sub(self.avg_price).mul(sold, 2);
            self.quantity = self.quantity.sub(sold);
            self.realized_pl_day = self.realized_pl_day.add(gain);
            self.realized_pl_open = self.realized_pl_open.add(gain);
            return;
        }
        let cost = self.avg_price.mul(self.quantity, 6).add(self.mark_price.mul(bought, 6));
        self.avg_price = cost.div(total, 6);
        self.quantity = total;
        let commission = Fixed::cents(35);
        self.realized_pl_day = self.realized_pl_day.sub(commission);
        self.realized_pl_open = self.realized_pl_open.sub(commission);
    }
}

/// A tick for every mark; now and then a fill, so that every compared field moves in time.
pub fn trade(positions: &mut [Position], dice: &mut Dice) {
    const CENT: i64 = 10_000;
    for position in positions.iter_mut() {
        let moved = position.mark_price.plus(*dice.pick(&[-7, -3, -2, -1, 1, 2, 3, 7]) * CENT);
        position.mark_price = Fixed::new(moved.mantissa().max(CENT), 6);
    }
    if dice.chance(25) && !positions.is_empty() {
        let filled = dice.between(0, positions.len() as i64 - 1) as usize;
        positions[filled].fill(dice);
    }
}

pub fn main_account() -> Account {
    Account {
        id: 1,
        broker: "PAPER",
        broker_account_id: "PAPER-1-4C1D22AB",
        number: "12345678",
        display_name: "Main",
        cash: Fixed::cents(4_821_050),
        starting_balance: Fixed::cents(10_000_000),
        net_liq: Fixed::cents(4_821_050),
    }
}

pub fn other_account() -> Account {
    Account {
        id: 2,
        broker: "SCHWAB",
        broker_account_id: "9F2C77E01B",
        number: "87654321",
        display_name: "Other",
        cash: Fixed::cents(77_777),
        starting_balance: Fixed::cents(0),
        net_liq: Fixed::cents(77_777),
    }
}

/// Symbol, asset type, description, quantity, average price, mark.
const NAMED: [(&str, &str, &str, i64, i64, i64); 6] = [
    ("AAPL", "EQ", "APPLE INC", 10_5000, 200_000_000, 190_000_000),
    ("MSFT", "EQ", "MICROSOFT CORP", 4_0000, 410_250_000, 421_370_000),
    ("NVDA", "EQ", "NVIDIA CORP", 25_0000, 121_333_333, 134_810_000),
    ("SPY", "EQ", "SPDR S&P 500 ETF", 12_2500, 448_105_000, 455_000_000),
    ("SPY", "OP", "SPY CALL", 3_0000, 6_150_000, 7_420_000),
    ("TSLA", "EQ", "TESLA INC", 7_7500, 251_900_000, 243_060_000),
];

/// The first `count` of the named holdings, then numbered ones (`Z0007`…), which sort after them.
pub fn holdings(count: usize) -> Vec<Position> {
    let named = NAMED.iter().map(|&(symbol, asset_type, description, quantity, avg, mark)| {
        (symbol.to_owned(), asset_type, description.to_owned(), quantity, avg, mark)
    });
    let numbered = (NAMED.len() + 1..).map(|number| {
        let price = 20_000_000 + number as i64 * 10_000;
        (format!("Z{number:04}"), "EQ", format!("COMPANY {number}"), 5_0000, price, price)
    });
    named
        .chain(numbered)
        .take(count)
        .zip(31..)
        .map(|((symbol, asset_type, description, quantity, avg, mark), id)| Position {
            id,
            symbol,
            asset_type,
            description,
            quantity: Fixed::new(quantity, 4),
            avg_price: Fixed::new(avg, 6),
            mark_price: Fixed::new(mark, 6),
            realized_pl_open: Fixed::cents(0),
            realized_pl_day: Fixed::cents(0),
        })
        .collect()
}
