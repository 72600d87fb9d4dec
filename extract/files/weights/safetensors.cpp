// SPDX-License-Identifier: MIT
#include "files/weights/safetensors.hpp"

#include "files/json_fields.hpp"
#include "files/latent_config.hpp"
#include "files/weights/pickles.hpp"
#include "shard/file/format_error.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace phiscope::extract {

namespace {

using nlohmann::json;
using shard::FormatError;
using shard::quote_bytes;

static_assert(std::endian::native == std::endian::little, "tensors are used as they are stored");

struct DtypeRow {
  TensorDtype dtype;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DtypeRow, 16> dtype_rows{{
    {TensorDtype::boolean, "BOOL", 1},
    {TensorDtype::u8, "U8", 1},
    {TensorDtype::i8, "I8", 1},
    {TensorDtype::f8_e5m2, "F8_E5M2", 1},
    {TensorDtype::f8_e4m3, "F8_E4M3", 1},
    {TensorDtype::u16, "U16", 2},
    {TensorDtype::i16, "I16", 2},
    {TensorDtype::f16, "F16", 2},
    {TensorDtype::bf16, "BF16", 2},
    {TensorDtype::u32, "U32", 4},
    {TensorDtype::i32, "I32", 4},
    {TensorDtype::f32, "F32", 4},
    {TensorDtype::u64, "U64", 8},
    {TensorDtype::i64, "I64", 8},
    {TensorDtype::f64, "F64", 8},
    {TensorDtype::c64, "C64", 8},
}};

const DtypeRow& row_of(TensorDtype dtype) {
  return dtype_rows[static_cast<std::size_t>(dtype)];
}

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < dtype_rows.size(); ++i) {
    if (static_cast<std::size_t>(dtype_rows[i].dtype) != i) return false;
  }
  return true;
}
static_assert(rows_in_order());

constexpr std::size_t length_bytes = 8;
constexpr std::uint64_t header_limit = 100'000'000;  // the format's own limit

/// What people have in the place of a safetensors file.
std::string what_else(std::string_view text) {
  if (text.starts_with("version https://git-lfs"))
    return "a git-lfs pointer, not the file itself: ";
  if (!begins_as_pickle(text)) return "";
  return "a pickle, which is not read (expected model.safetensors: " + pickle_conversion() + "): ";
}

/// The header's JSON text, between the length and the data.
std::string_view header_text(std::string_view text, const std::filesystem::path& file) {
  if (text.size() < length_bytes) {
    throw FormatError(file, "not a safetensors file: " + std::to_string(text.size()) +
                                " bytes, too small for the 8 bytes of the header length");
  }
  std::uint64_t length = 0;
  std::memcpy(&length, text.data(), length_bytes);
  const std::uint64_t room = text.size() - length_bytes;
  if (length > header_limit || length > room) {
    throw FormatError(
        file,
        what_else(text) + std::string("header length is ") + std::to_string(length) +
            ", expected at most " + std::to_string(std::min(room, header_limit)) +
            (length > header_limit ? " (not a safetensors file?)" : " (the file is truncated)"));
  }
  const std::string_view header = text.substr(length_bytes, length);
  if (!header.starts_with('{')) {
    throw FormatError(file, "header begins with " + quote_bytes(header.substr(0, 8)) +
                                ", expected a JSON object that begins with '{'");
  }
  const std::size_t end = header.find_last_not_of(' ');
  if (header[end] != '}') {
    throw FormatError(file, "header ends with " + quote_bytes(header.substr(end)) +
                                ", expected a JSON object padded with spaces");
  }
  return header;
}

/// An entry of the header with where its data lies, [begin, end) in bytes of the data section.
struct Entry {
  TensorView view;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::uint64_t unsigned_at(const JsonFields& fields, std::string_view key, const json& value) {
  if (!value.is_number_unsigned()) {
    fields.refuse(key, key == "shape" ? "a list of dimensions (integers >= 0)"
                                      : "two byte offsets (integers >= 0)");
  }
  return value.get<std::uint64_t>();
}

Entry read_entry(const std::string& name, const JsonFields& fields) {
  for (const auto& [key, unused] : fields.value().items()) {
    if (key != "dtype" && key != "shape" && key != "data_offsets") {
      throw FormatError(fields.file(), fields.name_of(key) +
                                           " is unknown, expected dtype, shape and data_offsets");
    }
  }
  Entry entry;
  entry.view.name = name;
  const auto dtype = dtype_named(fields.text("dtype"));
  if (!dtype) fields.refuse("dtype", "a known dtype (F32, BF16, ...)");
  entry.view.dtype = *dtype;

  // A product may hold a 0 after an overflow, so every step is checked.
  std::uint64_t bytes = item_size(*dtype);
  for (const json& value : fields.array("shape")) {
    const std::uint64_t dimension = unsigned_at(fields, "shape", value);
    if (dimension > 0x7FFFFFFFFFFFFFFF || __builtin_mul_overflow(bytes, dimension, &bytes)) {
      fields.refuse("shape", "a size without overflow (64 bits)");
    }
    entry.view.shape.push_back(static_cast<std::int64_t>(dimension));
  }

  const json& offsets = fields.array("data_offsets");
  if (offsets.size() != 2) fields.refuse("data_offsets", "two byte offsets");
  entry.begin = unsigned_at(fields, "data_offsets", offsets[0]);
  entry.end = unsigned_at(fields, "data_offsets", offsets[1]);
  if (entry.begin > entry.end) fields.refuse("data_offsets", "offsets with begin <= end");
  if (entry.end - entry.begin != bytes) {
    fields.refuse("data_offsets", "a range of " + std::to_string(bytes) + " bytes (shape " +
                                      text_of(entry.view.shape) + " of " +
                                      std::string(name_of(*dtype)) + ")");
  }
  return entry;
}

/// Entries must cover the data exactly once; an empty tensor may lie at any boundary.
void check_coverage(const std::filesystem::path& file, std::vector<Entry>& entries,
                    std::uint64_t data_bytes) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.end > data_bytes) {
      throw FormatError(file, "tensor " + quote_bytes(entry.view.name) + " ends at offset " +
                                  std::to_string(entry.end) + ", but the data has " +
                                  std::to_string(data_bytes) + " bytes (the file is truncated)");
    }
    if (entry.begin != covered) {
      throw FormatError(file, "tensor " + quote_bytes(entry.view.name) + " begins at offset " +
                                  std::to_string(entry.begin) + ", expected " +
                                  std::to_string(covered) +
                                  (entry.begin < covered ? " (overlap)" : " (hole)"));
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    throw FormatError(file, std::to_string(data_bytes - covered) +
                                " extra bytes after the last tensor, expected the end of the file");
  }
}

}  // namespace

std::size_t item_size(TensorDtype dtype) {
  return row_of(dtype).bytes;
}

std::string_view name_of(TensorDtype dtype) {
  return row_of(dtype).name;
}

std::optional<TensorDtype> dtype_named(std::string_view name) {
  for (const DtypeRow& row : dtype_rows) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::uint64_t count(const TensorView& tensor) {
  return tensor.bytes.size() / item_size(tensor.dtype);
}

std::string text_of(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  }
  return text + "]";
}

Safetensors parse_safetensors(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  // Without data there may be no address, of which no text can be made.
  const std::string_view text =
      bytes.empty() ? std::string_view()
                    : std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string_view header = header_text(text, path);
  const json root = shard::parse_json(header, path);
  const JsonFields fields(root, path, "header");

  Safetensors contents;
  std::vector<Entry> entries;
  for (const auto& [name, value] : root.items()) {
    if (name == "__metadata__") {
      const JsonFields texts = fields.object(name);
      for (const auto& [key, unused] : value.items()) contents.metadata[key] = texts.text(key);
      continue;
    }
    entries.push_back(read_entry(name, JsonFields(value, path, "tensor " + quote_bytes(name))));
  }
  const auto data = bytes.subspan(length_bytes + header.size());
  check_coverage(path, entries, data.size());
  for (Entry& entry : entries) {
    entry.view.bytes = data.subspan(entry.begin, entry.end - entry.begin);
    std::string name = entry.view.name;
    contents.tensors.emplace(std::move(name), std::move(entry.view));
  }
  return contents;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(path), contents_(parse_safetensors(file_.bytes(), path)) {}

}  // namespace phiscope::extract
