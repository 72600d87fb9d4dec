// SPDX-License-Identifier: MIT
#include "shard/npy/writer.hpp"

#include "shard/npy/npy.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

namespace phiscope::shard {
namespace {

/// Bytes of an array. @throws std::invalid_argument if they cannot be counted
std::size_t array_bytes(Dtype dtype, std::span<const std::uint64_t> shape, const char* caller) {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  std::uint64_t bytes = item_size(dtype);
  for (const std::uint64_t length : shape) {
    if (length != 0 && bytes > largest / length) {
      throw std::invalid_argument(std::string(caller) + ": shape " + shape_text(shape) +
                                  " is too large");
    }
    bytes *= length;
  }
  return bytes;
}

std::vector<std::uint64_t> with_rows(std::uint64_t rows, const std::vector<std::uint64_t>& row) {
  std::vector<std::uint64_t> shape = {rows};
  shape.insert(shape.end(), row.begin(), row.end());
  return shape;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

std::string npy_header_bytes(Dtype dtype, std::span<const std::uint64_t> shape) {
  constexpr std::size_t growth_digits = 21;
  constexpr std::size_t prefix = 10;  // magic, version, length
  constexpr std::size_t alignment = 64;
  std::string header = "{'descr': '" + std::string(descr(dtype)) +
                       "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  if (!shape.empty()) header.append(growth_digits - std::to_string(shape[0]).size(), ' ');
  // NumPy adds 1 to 64 bytes, never 0.
  header.append(alignment - (prefix + header.size() + 1) % alignment, ' ');
  header += '\n';
  if (header.size() > 0xFFFF) throw std::invalid_argument("npy_header_bytes: too many dimensions");
  std::string bytes = "\x93NUMPY";
  bytes += {'\1', '\0', static_cast<char>(header.size() & 0xFFU),
            static_cast<char>(header.size() >> 8U)};
  return bytes + header;
}

NpyWriter::NpyWriter(const std::filesystem::path& path, Dtype dtype,
                     std::vector<std::uint64_t> row_shape, std::optional<std::uint64_t> foretold)
    : file_(path),
      dtype_(dtype),
      row_shape_(std::move(row_shape)),
      row_bytes_(array_bytes(dtype, row_shape_, "NpyWriter")),
      foretold_(foretold) {
  if (row_bytes_ == 0) {
    throw std::invalid_argument("NpyWriter: a row of shape " + shape_text(row_shape_) +
                                " has no element");
  }
  file_.write(bytes_of(npy_header_bytes(dtype_, with_rows(0, row_shape_))));
  if (!foretold_) return;
  const std::string header = npy_header_bytes(dtype_, with_rows(*foretold_, row_shape_));
  hash_.update(bytes_of(header));
  hashed_ = header.size();
}

void NpyWriter::append(std::span<const std::byte> whole_rows) {
  write(whole_rows);
  digest(whole_rows);
}

void NpyWriter::write(std::span<const std::byte> whole_rows) {
  if (whole_rows.size() % row_bytes_ != 0) {
    throw std::invalid_argument("NpyWriter::append: " + std::to_string(whole_rows.size()) +
                                " bytes, expected a multiple of " + std::to_string(row_bytes_));
  }
  file_.write(whole_rows);
  rows_ += whole_rows.size() / row_bytes_;
}

void NpyWriter::digest(std::span<const std::byte> whole_rows) {
  if (!foretold_) return;
  hash_.update(whole_rows);
  hashed_ += whole_rows.size();
}

void NpyWriter::complete() {
  if (!sha256_.empty()) return;
  // The room left for axis 0 to grow makes both headers equally long.
  file_.overwrite(0, bytes_of(npy_header_bytes(dtype_, with_rows(rows_, row_shape_))));
  if (hashed_ > file_.size()) throw std::logic_error("NpyWriter: digested more than was written");
  if (foretold_ != rows_) {
    hash_ = Sha256();
    hashed_ = 0;
  }
  file_.read_back(hashed_, hash_);
  sha256_ = hash_.hex();
  file_.sync();
}

std::string NpyWriter::commit() {
  complete();
  file_.commit();
  return sha256_;
}

namespace detail {

void write_npy_bytes(const std::filesystem::path& path, Dtype dtype,
                     const std::vector<std::uint64_t>& shape, std::span<const std::byte> bytes) {
  const std::size_t expected = array_bytes(dtype, shape, "write_npy");
  if (bytes.size() != expected) {
    throw std::invalid_argument("write_npy: " + std::to_string(bytes.size()) + " bytes for shape " +
                                shape_text(shape) + ", expected " + std::to_string(expected));
  }
  AtomicFile file(path);
  file.write(bytes_of(npy_header_bytes(dtype, shape)));
  file.write(bytes);
  file.commit();
}

}  // namespace detail
}  // namespace phiscope::shard
