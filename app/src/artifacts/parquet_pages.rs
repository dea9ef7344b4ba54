//! How much the first pages of a Parquet file unpack to: a file of some kilobytes may say gigabytes, and the parser takes
//! what it is given.
//!
//! A page's header is a struct in Thrift's compact protocol; fields are numbered as in `parquet.thrift`.

use std::io::{Read, copy, sink};

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};

/// Bytes that the pages of a row group may hold at one time: of each column its dictionary and one page.
const MOST_BYTES: u64 = 128 << 20;
/// Values of repeated columns in a row group: one row may have all of them.
const MOST_VALUES: u64 = 8 << 20;
/// Beyond so many rows nothing is read: those that are shown, and what the parser takes ahead.
const MOST_ROWS: u64 = 4_096;
/// Structs and lists within each other.
const DEEPEST: usize = 16;

/// # Errors
/// Says why the file's first rows are not read.
pub fn check(bytes: &[u8], metadata: &ParquetMetaData) -> Result<(), String> {
    let mut rows = 0;
    for group in metadata.row_groups() {
        check_group(bytes, group)?;
        rows += u64::try_from(group.num_rows()).unwrap_or_default();
        if rows > MOST_ROWS {
            break;
        }
    }
    Ok(())
}

fn check_group(bytes: &[u8], group: &RowGroupMetaData) -> Result<(), String> {
    let (mut held, mut values) = (0, 0);
    for column in group.columns() {
        let chunk = chunk(bytes, column).ok_or("a column is not where the file says")?;
        let is_repeated = column.column_descr().max_rep_level() > 0;
        let (mut dictionary, mut largest, mut seen) = (0, 0, 0);
        let mut rest = chunk;
        while !rest.is_empty() && (is_repeated || seen <= MOST_ROWS) {
            let mut cursor = Cursor(rest);
            let page = cursor.header().ok_or("a page can't be read")?;
            let body = cursor.take(page.compressed).ok_or("a page ends before it should")?;
            let size = page.declared.max(unpacked(&page, body, column.compression()));
            if size > MOST_BYTES {
                return Err(too_much());
            }
            if page.is_dictionary {
                dictionary = size;
            } else {
                largest = size.max(largest);
                seen += page.values;
                values += if is_repeated { page.values } else { 0 };
            }
            rest = cursor.0;
        }
        held += dictionary + largest;
        if held > MOST_BYTES {
            return Err(too_much());
        }
        if values > MOST_VALUES {
            return Err("its lists have more values than can be shown".into());
        }
    }
    Ok(())
}

fn too_much() -> String {
    format!("its first rows unpack to more than {} MB", MOST_BYTES >> 20)
}

fn chunk<'a>(bytes: &'a [u8], column: &ColumnChunkMetaData) -> Option<&'a [u8]> {
    let start = column.dictionary_page_offset().filter(|at| *at > 0).unwrap_or(column.data_page_offset());
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(usize::try_from(column.compressed_size()).ok()?)?;
    bytes.get(start..end)
}

/// The bytes that a page unpacks to, or more than are allowed.
fn unpacked(page: &Page, body: &[u8], compression: Compression) -> u64 {
    let count =
        |unpacking: &mut dyn Read| copy(&mut unpacking.take(MOST_BYTES + 1), &mut sink()).unwrap_or_default();
    let (levels, packed) = body.split_at(page.levels.min(body.len()));
    let size = if !page.is_compressed || compression == Compression::UNCOMPRESSED {
        packed.len() as u64
    } else {
        match compression {
            Compression::SNAPPY => snap::raw::decompress_len(packed).unwrap_or_default() as u64,
            Compression::GZIP(_) => count(&mut flate2::read::MultiGzDecoder::new(packed)),
            Compression::ZSTD(_) => zstd::Decoder::new(packed).map_or(0, |mut packed| count(&mut packed)),
            // The parser knows no other.
            _ => 0,
        }
    };
    levels.len() as u64 + size
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Page {
    declared: u64,
    compressed: usize,
    is_dictionary: bool,
    values: u64,
    /// Bytes before what is compressed.
    levels: usize,
    is_compressed: bool,
}

/// Kinds of fields, as the protocol numbers them.
const END: u8 = 0;
const FALSE: u8 = 2;
const NUMBER: u8 = 5;
const STRUCT: u8 = 12;

/// What isn't read yet.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A whole number that has no business below zero.
    fn size(&mut self) -> Option<u64> {
        let number = self.number()?;
        (number & 1 == 0).then_some(number >> 1)
    }

    /// The next field's number and kind, which at the struct's end is [`END`].
    fn field(&mut self, last: &mut u64) -> Option<(u64, u8)> {
        let byte = self.byte()?;
        if byte == END {
            return Some((*last, END));
        }
        *last = match byte >> 4 {
            0 => self.size()?,
            step => *last + u64::from(step),
        };
        Some((*last, byte & 0x0f))
    }

    fn header(&mut self) -> Option<Page> {
        const DICTIONARY: u64 = 2;
        let mut page = Page { is_compressed: true, ..Page::default() };
        let mut last = 0;
        loop {
            match self.field(&mut last)? {
                (_, END) => return Some(page),
                (1, NUMBER) => page.is_dictionary = self.size()? == DICTIONARY,
                (2, NUMBER) => page.declared = self.size()?,
                (3, NUMBER) => page.compressed = usize::try_from(self.size()?).ok()?,
                // The headers of data, of a dictionary, and of data in the second version.
                (field @ (5 | 7 | 8), STRUCT) => self.data(field == 8, &mut page)?,
                (_, kind) => self.skip(kind, 0)?,
            }
        }
    }

    fn data(&mut self, is_second: bool, page: &mut Page) -> Option<()> {
        let mut last = 0;
        loop {
            match self.field(&mut last)? {
                (_, END) => return Some(()),
                (1, NUMBER) => page.values = self.size()?,
                (5 | 6, NUMBER) if is_second => page.levels += usize::try_from(self.size()?).ok()?,
                (7, FALSE) if is_second => page.is_compressed = false,
                (_, kind) => self.skip(kind, 0)?,
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            // A field that is true or false says so by its kind.
            1 | 2 => {}
            3 => _ = self.byte()?,
            4..=6 => _ = self.number()?,
            7 => _ = self.take(8)?,
            8 => {
                let count = usize::try_from(self.number()?).ok()?;
                self.take(count)?;
            }
            9 | 10 => {
                let byte = self.byte()?;
                let count = if byte >> 4 == 15 { self.number()? } else { u64::from(byte >> 4) };
                for _ in 0..count {
                    // In a list true and false take a byte.
                    let kind = if matches!(byte & 0x0f, 1 | 2) { 3 } else { byte & 0x0f };
                    self.skip(kind, depth + 1)?;
                    if self.0.is_empty() {
                        return None;
                    }
                }
            }
            STRUCT => {
                let mut last = 0;
                loop {
                    match self.field(&mut last)? {
                        (_, END) => break,
                        (_, kind) => self.skip(kind, depth + 1)?,
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::basic::{GzipLevel, ZstdLevel};
    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::properties::{WriterProperties, WriterVersion};
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    /// A file with one text a row.
    fn file(texts: &[ByteArray], compression: Compression, version: WriterVersion) -> bytes::Bytes {
        let schema = Arc::new(parse_message_type("message m { required binary a; }").expect("a schema"));
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_writer_version(version)
            .set_dictionary_enabled(false)
            .build();
        let mut bytes = Vec::new();
        let mut writer =
            SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).expect("a writer");
        let mut group = writer.next_row_group().expect("a group");
        let mut column = group.next_column().expect("written").expect("a column");
        column.typed::<ByteArrayType>().write_batch(texts, None, None).expect("written");
        column.close().expect("written");
        group.close().expect("written");
        writer.close().expect("written");
        bytes.into()
    }

    fn checked(bytes: &bytes::Bytes) -> Result<(), String> {
        let reader = SerializedFileReader::new(bytes.clone()).expect("a file");
        check(bytes, reader.metadata())
    }

    #[test]
    fn what_unpacks_to_too_much_is_not_read() {
        let zstd = Compression::ZSTD(ZstdLevel::default());
        let gzip = Compression::GZIP(GzipLevel::default());
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for compression in [zstd, gzip, Compression::SNAPPY, Compression::UNCOMPRESSED] {
                let small = [ByteArray::from("some text"), ByteArray::from("more")];
                assert_eq!(checked(&file(&small, compression, version)), Ok(()), "{compression:?}");
            }
            let large = [ByteArray::from(vec![b'a'; 130 << 20])];
            let packed = file(&large, zstd, version);
            assert!(packed.len() < 1 << 20, "{}", packed.len());
            let refused = checked(&packed).expect_err("is too much");
            assert!(refused.contains("128 MB"), "{refused}");
        }
    }

    #[test]
    fn a_page_that_says_less_than_it_holds_is_measured() {
        let packed = zstd::encode_all(&vec![0_u8; 200 << 20][..], 1).expect("packed");
        let page = Page { declared: 10, is_compressed: true, ..Page::default() };
        let zstd = Compression::ZSTD(ZstdLevel::default());
        assert_eq!(unpacked(&page, &packed, zstd), MOST_BYTES + 1);
    }

    #[test]
    fn odd_headers_end_the_reading() {
        for bytes in [&[][..], &[0x15], &[0x15, 0xff], &[0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 1], &[0x1b, 1]] {
            assert_eq!(Cursor(bytes).header(), None, "{bytes:?}");
        }
        let nested = [&[0x1c_u8; 100][..], &[0]].concat();
        assert_eq!(Cursor(&nested).header(), None);
    }
}
