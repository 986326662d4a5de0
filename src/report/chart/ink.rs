//! What a mark means, and the drawing of marks: each meaning is a class of the stylesheet, never a colour here.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::model::verdict::Verdict;

/// The meaning of a mark; [`Ink::class`] is its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Text,
    Grid,
    /// A session of the market, a gap: what lies behind the marks.
    Band,
    Gap,
    Line,
    Limit,
    Go,
    Inconclusive,
    NoGo,
    Error,
    Person,
}

const INKS: [Ink; 11] = [
    Ink::Text,
    Ink::Grid,
    Ink::Band,
    Ink::Gap,
    Ink::Line,
    Ink::Limit,
    Ink::Go,
    Ink::Inconclusive,
    Ink::NoGo,
    Ink::Error,
    Ink::Person,
];

/// Where a chart is drawn.
pub type Canvas<'c> = DrawingArea<SVGBackend<'c>, Shift>;

/// Why drawing failed; into a text it cannot.
pub type DrawingFailure = DrawingAreaErrorKind<std::io::Error>;

impl Ink {
    pub fn class(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Grid => "grid",
            Self::Band => "band",
            Self::Gap => "gap",
            Self::Line => "line",
            Self::Limit => "limit",
            Self::Go => "go",
            Self::Inconclusive => "inconclusive",
            Self::NoGo => "no-go",
            Self::Error => "error",
            Self::Person => "person",
        }
    }

    /// A colour that stands for the class until the drawing is finished; no chart shows it.
    pub fn color(self) -> RGBColor {
        RGBColor(1, 2, self as u8)
    }
}

impl From<Verdict> for Ink {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Go => Self::Go,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::NoGo => Self::NoGo,
            Verdict::Error => Self::Error,
        }
    }
}

/// Plotters makes letters of 12 units of it.
const FONT: f64 = 14.88;

/// Text of the size that all charts have.
pub fn label(ink: Ink) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", FONT).into_font());
    style.color = ink.color().to_backend_color();
    style
}

/// Draws a chart of so many units; `said` is what it shows, for whoever does not see it.
pub fn draw(
    size: (u32, u32),
    said: &str,
    marks: impl FnOnce(&Canvas<'_>) -> Result<(), DrawingFailure>,
) -> String {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        marks(&canvas).and_then(|()| canvas.present()).expect("drawing into a text does not fail");
    }
    let mut svg = svg.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    for part in
        [" stroke-width=\"1\"", " font-family=\"sans-serif\"", " xmlns=\"http://www.w3.org/2000/svg\""]
    {
        svg = svg.replace(part, "");
    }
    for ink in INKS {
        let RGBColor(red, green, blue) = ink.color();
        let stands_for_it = format!("#{red:02X}{green:02X}{blue:02X}");
        svg = svg
            .replace(&format!("fill=\"{stands_for_it}\""), &format!("class=\"f-{}\"", ink.class()))
            .replace(&format!("stroke=\"{stands_for_it}\""), &format!("class=\"s-{}\"", ink.class()));
    }
    let said = said.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{said}\" "), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_has_a_class_and_no_colour_and_what_is_said_stays_text() {
        let svg = draw((20, 20), "a \"b\" <c>", |canvas| {
            canvas.draw(&Circle::new((5, 5), 2, Ink::NoGo.color().filled()))?;
            canvas.draw(&Rectangle::new([(0, 0), (9, 9)], Ink::Grid.color()))
        });
        assert!(svg.contains("aria-label=\"a &quot;b&quot; &lt;c>\""), "{svg}");
        assert!(svg.contains("class=\"f-no-go\"") && svg.contains("class=\"s-grid\""), "{svg}");
        assert!(!svg.contains('#'), "a colour of its own: {svg}");
    }
}
