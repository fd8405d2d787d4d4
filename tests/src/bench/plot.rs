//! Growth as a picture: a panel for each thing that grows, with a line for each row; both scales are logarithmic.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A figure of a size.
#[derive(Debug, Clone)]
pub struct Point {
    /// What grows.
    pub panel: &'static str,
    /// What is measured.
    pub line: String,
    /// How much of it there is.
    pub size: f64,
    /// What it costs, in milliseconds.
    pub ms: f64,
}

/// Powers of ten of both scales, from one on.
const DECADES: u8 = 5;
const DECADE_PX: f64 = 42.0;
const SIDE_PX: f64 = DECADE_PX * 5.0;
const LEFT_PX: f64 = 56.0;
const TOP_PX: f64 = 34.0;
/// Right of a panel stand the names of its lines.
const NAMES_PX: f64 = 150.0;
const PANEL_PX: f64 = LEFT_PX + SIDE_PX + NAMES_PX;
const COLOURS: [&str; 4] = ["#005ea5", "#b3541e", "#2e7d32", "#6a1b9a"];

/// The picture.
#[must_use]
pub fn svg(points: &[Point]) -> String {
    let mut panels: Vec<&str> = Vec::new();
    for point in points {
        if !panels.contains(&point.panel) {
            panels.push(point.panel);
        }
    }
    let (mut body, mut left) = (String::new(), 0.0);
    for panel in panels {
        let of = points.iter().filter(|point| point.panel == panel);
        // Writing to a text does not fail.
        _ = writeln!(body, "<g transform=\"translate({left} 0)\">{}</g>", drawn(panel, of));
        left += PANEL_PX;
    }
    let height = TOP_PX + SIDE_PX + 40.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {left} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

fn drawn<'a>(panel: &str, points: impl Iterator<Item = &'a Point>) -> String {
    let mut text = format!("<text x=\"{LEFT_PX}\" y=\"16\" font-weight=\"bold\">{panel}</text>");
    for decade in 0..=DECADES {
        let (number, at) = (10_u32.pow(decade.into()), f64::from(decade) * DECADE_PX);
        let (x, y) = (LEFT_PX + at, TOP_PX + SIDE_PX - at);
        let (bottom, right) = (TOP_PX + SIDE_PX, LEFT_PX + SIDE_PX);
        _ = writeln!(
            text,
            "<path d=\"M{x} {TOP_PX}V{bottom}M{LEFT_PX} {y}H{right}\" stroke=\"#ddd\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{number}</text>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{number} ms</text>",
            bottom + 16.0,
            LEFT_PX - 6.0,
            y + 4.0,
        );
    }
    let mut lines = BTreeMap::<&str, Vec<(f64, f64, f64)>>::new();
    for Point { line, size, ms, .. } in points {
        let (x, y) = (LEFT_PX + length(*size), TOP_PX + SIDE_PX - length(*ms));
        lines.entry(line).or_default().push((x, y, *ms));
    }
    for ((name, line), colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let path: Vec<String> = line.iter().map(|(x, y, _)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        _ = write!(
            text,
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
        for (x, y, _) in line {
            _ = write!(text, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
        if let Some((x, y, ms)) = line.last() {
            let (x, y) = (x + 7.0, y + 4.0);
            _ = writeln!(
                text,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{name}: {ms:.0} ms</text>"
            );
        }
    }
    text
}

/// How far along its scale a figure stands; less than one stands where it begins.
fn length(figure: f64) -> f64 {
    figure.max(1.0).log10() * DECADE_PX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_has_a_line_of_each_name_and_ten_times_as_much_is_a_decade_further() {
        let point =
            |line: &str, size, ms| Point { panel: "records", line: line.to_owned(), size, ms };
        let text = svg(&[
            point("first", 10.0, 10.0),
            point("first", 100.0, 1_000.0),
            point("back", 10.0, 0.2),
        ]);
        assert_eq!(text.matches("<g ").count(), 1);
        assert_eq!(text.matches("<polyline").count(), 2);
        assert!(text.contains("points=\"98.0,202.0 140.0,118.0\""), "{text}");
        assert!(text.contains("points=\"98.0,244.0\""), "{text}");
        assert!(text.contains("first: 1000 ms"), "{text}");
    }
}
