//! Apache Parquet: a column for each name, optional, in groups of rows.

use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use ::parquet::column::writer::ColumnWriterImpl;
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::{Type, TypePtr};

use super::table::{Cell, Column, Encoder, Kind, Row};

/// Bytes of values that are held until they are written as a group.
const GROUP: usize = 16 << 20;

pub struct Parquet {
    /// `None`: it has ended.
    file: Option<SerializedFileWriter<Vec<u8>>>,
    columns: Vec<Values>,
    rows: usize,
    held: usize,
}

/// The values of a column in this group of rows.
enum Values {
    Text(Present<ByteArray>),
    Integer(Present<i64>),
    Number(Present<f64>),
}

/// The rows that have a value, and which.
struct Present<T> {
    rows: Vec<usize>,
    values: Vec<T>,
}

impl Parquet {
    pub fn new(columns: &[Column]) -> anyhow::Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        let file = SerializedFileWriter::new(Vec::new(), schema(columns)?, Arc::new(properties))?;
        let columns = columns.iter().map(|column| Values::new(column.kind)).collect();
        Ok(Self { file: Some(file), columns, rows: 0, held: 0 })
    }

    fn write_group(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.held = 0;
        let Some(file) = self.file.as_mut().filter(|_| rows > 0) else { return Ok(()) };
        let mut group = file.next_row_group()?;
        for values in &mut self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            values.write(&mut writer, rows)?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }
}

impl Encoder for Parquet {
    fn rows(&mut self, rows: Vec<Row>) -> anyhow::Result<Vec<u8>> {
        for row in rows {
            for (place, cell) in row {
                self.held += self.columns[place].push(self.rows, cell);
            }
            self.rows += 1;
            if self.held >= GROUP {
                self.write_group()?;
            }
        }
        let Some(file) = &mut self.file else { return Ok(Vec::new()) };
        file.flush()?;
        Ok(std::mem::take(file.inner_mut()))
    }

    fn end(&mut self) -> anyhow::Result<Vec<u8>> {
        self.write_group()?;
        match self.file.take() {
            Some(file) => Ok(file.into_inner()?),
            None => Ok(Vec::new()),
        }
    }
}

fn schema(columns: &[Column]) -> anyhow::Result<TypePtr> {
    let field = |column: &Column| -> anyhow::Result<TypePtr> {
        let (physical, logical) = match column.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Integer => (Physical::INT64, None),
            Kind::Number => (Physical::DOUBLE, None),
            Kind::Time => {
                let logical = LogicalType::Timestamp { is_adjusted_to_u_t_c: true, unit: TimeUnit::MILLIS };
                (Physical::INT64, Some(logical))
            }
        };
        let builder = Type::primitive_type_builder(&column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        Ok(Arc::new(builder.build()?))
    };
    let fields = columns.iter().map(field).collect::<anyhow::Result<_>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Present::default()),
            Kind::Integer | Kind::Time => Self::Integer(Present::default()),
            Kind::Number => Self::Number(Present::default()),
        }
    }

    /// Answers how many bytes that takes.
    fn push(&mut self, row: usize, cell: Cell) -> usize {
        let size = size_of::<usize>() + size_of::<ByteArray>();
        match (self, cell) {
            (Self::Text(present), Cell::Text(text)) => {
                let length = text.len();
                present.push(row, ByteArray::from(text.into_bytes()));
                size + length
            }
            (Self::Integer(present), Cell::Integer(number)) => present.push(row, number),
            (Self::Integer(present), Cell::Time(at)) => present.push(row, at.0),
            (Self::Number(present), Cell::Number(number)) => present.push(row, number),
            (_, cell) => unreachable!("{cell:?} is of another kind than its column"),
        }
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>, rows: usize) -> anyhow::Result<()> {
        match self {
            Self::Text(present) => present.write(writer.typed::<ByteArrayType>(), rows),
            Self::Integer(present) => present.write(writer.typed::<Int64Type>(), rows),
            Self::Number(present) => present.write(writer.typed::<DoubleType>(), rows),
        }
    }
}

impl<T> Default for Present<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), values: Vec::new() }
    }
}

impl<T> Present<T> {
    fn push(&mut self, row: usize, value: T) -> usize {
        self.rows.push(row);
        self.values.push(value);
        size_of::<usize>() + size_of::<T>()
    }

    fn write<D: DataType<T = T>>(
        &mut self,
        writer: &mut ColumnWriterImpl<'_, D>,
        rows: usize,
    ) -> anyhow::Result<()> {
        let mut levels = vec![0_i16; rows];
        self.rows.drain(..).for_each(|row| levels[row] = 1);
        writer.write_batch(&self.values, Some(&levels), None)?;
        self.values.clear();
        Ok(())
    }
}
