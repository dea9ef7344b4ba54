//! What is in a file, as far as its name tells.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Image,
    Pdf,
    Html,
    Markdown,
    Json,
    /// Values separated by this byte.
    Separated(u8),
    Parquet,
    /// Text if its first bytes are.
    Other,
}

impl Kind {
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension =
            name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default();
        match extension.as_str() {
            "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "bmp" | "ico" | "avif" => Self::Image,
            "pdf" => Self::Pdf,
            "html" | "htm" => Self::Html,
            "md" | "markdown" => Self::Markdown,
            "json" | "geojson" | "ipynb" => Self::Json,
            "csv" => Self::Separated(b','),
            "tsv" => Self::Separated(b'\t'),
            "parquet" => Self::Parquet,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_in_any_case() {
        assert_eq!(Kind::of("plots/ROC.PNG"), Kind::Image);
        assert_eq!(Kind::of("a.b/data.tsv"), Kind::Separated(b'\t'));
        assert_eq!(Kind::of("model/MLmodel"), Kind::Other);
        assert_eq!(Kind::of("a.csv/notes"), Kind::Other);
        assert_eq!(Kind::of(".json"), Kind::Json);
    }
}
