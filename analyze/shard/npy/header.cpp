// SPDX-License-Identifier: MIT
#include "shard/file/format_error.hpp"
#include "shard/npy/npy.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope::shard {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t header_limit = std::size_t{1} << 20U;  // bytes; NumPy's own are below 300
constexpr std::size_t rank_limit = 64;                       // NumPy 2's own

/// What the header's dictionary says, as far as it has been read.
struct Fields {
  std::optional<std::string_view> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::uint64_t>> shape;
};

/// Reads the Python literal of the header: a dictionary of a string, a Boolean and a tuple.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, int version, const std::filesystem::path& file)
      : text_(text), version_(version), file_(file) {}

  Fields parse() {
    Fields fields;
    skip_space();
    expect('{');
    skip_space();
    while (!take('}')) {
      member(fields);
      skip_space();
      if (take(',')) {
        skip_space();
      } else if (!at('}')) {
        fail("expected ',' or '}'");
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("expected nothing after the dictionary");
    require(fields.descr.has_value(), "descr");
    require(fields.fortran_order.has_value(), "fortran_order");
    require(fields.shape.has_value(), "shape");
    return fields;
  }

 private:
  void member(Fields& fields) {
    const std::string_view key = string("a key in quotes");
    skip_space();
    expect(':');
    skip_space();
    if (key == "descr") {
      refuse_second(fields.descr.has_value(), key);
      if (!at('\'') && !at('"')) {
        throw FormatError(file_,
                          "dtype of the .npy header is not a string (structured?), expected " +
                              std::string("one like '<f4'"));
      }
      fields.descr = string("a dtype in quotes");
    } else if (key == "fortran_order") {
      refuse_second(fields.fortran_order.has_value(), key);
      fields.fortran_order = boolean();
    } else if (key == "shape") {
      refuse_second(fields.shape.has_value(), key);
      fields.shape = tuple();
    } else {
      throw FormatError(file_, "unknown key " + quote_bytes(key) +
                                   " in the .npy header, expected descr, fortran_order and shape");
    }
  }

  std::string_view string(const char* what) {
    if (!at('\'') && !at('"')) fail(std::string("expected ") + what);
    const char quote = text_[at_++];
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' || text_[at_] == '\n') fail("unexpected character in a string");
      ++at_;
    }
    if (at_ == text_.size()) fail("a string does not end");
    return text_.substr(begin, at_++ - begin);
  }

  bool boolean() {
    if (word("True")) return true;
    if (word("False")) return false;
    fail("fortran_order: expected True or False");
  }

  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> shape;
    if (!take('(')) fail("shape: expected a tuple");
    skip_space();
    bool comma = true;  // a tuple of one element needs its comma, an empty one has none
    while (!take(')')) {
      if (!comma) fail("shape: expected ',' or ')'");
      if (shape.size() == rank_limit) {
        fail("shape: more than " + std::to_string(rank_limit) + " dimensions");
      }
      shape.push_back(dimension());
      skip_space();
      comma = take(',');
      skip_space();
    }
    if (shape.size() == 1 && !comma) fail("shape: expected a tuple, found a number in brackets");
    return shape;
  }

  std::uint64_t dimension() {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    const std::size_t begin = at_;
    std::uint64_t value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
      if (value > (largest - digit) / 10) fail("shape: dimension too large");
      value = value * 10 + digit;
      ++at_;
    }
    if (at_ == begin) fail("shape: expected a dimension in decimal digits");
    if (text_[begin] == '0' && at_ - begin > 1) fail("shape: dimension with a leading zero");
    if (version_ < 3) take('L');  // Python 2 wrote long integers so
    return value;
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool take(char c) {
    if (!at(c)) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(std::string("expected '") + c + "'");
  }

  void skip_space() {
    while (at(' ') || at('\n') || at('\t') || at('\r')) ++at_;
  }

  void refuse_second(bool seen, std::string_view key) const {
    if (seen) throw FormatError(file_, "duplicate key " + quote_bytes(key) + " in the .npy header");
  }

  void require(bool seen, const char* key) const {
    if (!seen)
      throw FormatError(file_, std::string("key '") + key + "' missing in the .npy header");
  }

  [[noreturn]] void fail(const std::string& message) const {
    const std::string found =
        at_ < text_.size() ? "found " + quote_bytes(text_.substr(at_), 20) : "found its end";
    throw FormatError(file_, "malformed .npy header at byte " + std::to_string(at_) + ": " +
                                 message + ", " + found);
  }

  std::string_view text_;
  int version_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0;
};

/// Finds the header's text, checking magic, version and length.
struct Frame {
  int version;
  std::string_view header;
  std::size_t data_offset;
};

Frame read_frame(std::string_view bytes, const std::filesystem::path& file) {
  const std::string_view start = bytes.substr(0, magic.size());
  if (start != magic) {
    if (magic.starts_with(start)) {
      throw FormatError(file, "truncated: a .npy file begins with 6 bytes of magic, found " +
                                  std::to_string(bytes.size()) + " bytes in all");
    }
    std::string hint;
    if (start.starts_with("PK")) hint = " (a zip: .npz?)";
    if (start == "versio") hint = " (a git-lfs pointer?)";
    throw FormatError(file, "not a .npy file: begins with " + quote_bytes(start) + hint +
                                ", expected the magic '\\x93NUMPY'");
  }
  if (bytes.size() < 8) {
    throw FormatError(file, "truncated: ends within the .npy version, after " +
                                std::to_string(bytes.size()) + " bytes");
  }
  const auto byte_at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t major = byte_at(6);
  if (major < 1 || major > 3 || byte_at(7) != 0) {
    throw FormatError(file, ".npy version " + std::to_string(major) + "." +
                                std::to_string(byte_at(7)) + ", expected 1.0, 2.0 or 3.0");
  }
  const std::size_t begin = major == 1 ? 10 : 12;
  if (bytes.size() < begin) {
    throw FormatError(file, "truncated: ends within the length of the .npy header, after " +
                                std::to_string(bytes.size()) + " bytes");
  }
  std::size_t length = 0;
  for (std::size_t i = begin; i-- > 8;) length = length * 256 + byte_at(i);
  if (length > header_limit) {
    throw FormatError(file, ".npy header of " + std::to_string(length) + " bytes, limit " +
                                std::to_string(header_limit));
  }
  if (length > bytes.size() - begin) {
    throw FormatError(file, "truncated: .npy header of " + std::to_string(length) +
                                " bytes, only " + std::to_string(bytes.size() - begin) +
                                " left in the file");
  }
  return {static_cast<int>(major), bytes.substr(begin, length), begin + length};
}

void read_dtype(std::string_view descr, NpyHeader& header, const std::filesystem::path& file,
                Opaque opaque) {
  if (opaque == Opaque::accepted && (descr == "<V2" || descr == "|V2")) {
    header.dtype = Dtype::u2;
    header.opaque = true;
    return;
  }
  std::string_view name = descr;
  char order = '=';
  if (!name.empty() && std::string_view("<>=|").find(name[0]) != std::string_view::npos) {
    order = name[0];
    name.remove_prefix(1);
  }
  const std::optional<Dtype> dtype = dtype_from_name(name);
  if (!dtype) {
    throw FormatError(file,
                      "dtype " + quote_bytes(descr) +
                          " is not supported, expected one of b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 " +
                          "f4 f8 with its byte order");
  }
  header.dtype = *dtype;
  header.big_endian = order == '>' && item_size(*dtype) > 1;
}

/// Number of elements, refusing shapes whose bytes could not be counted even without their zeros.
std::size_t count_elements(const NpyHeader& header, const std::filesystem::path& file) {
  std::uint64_t room = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) /
                       item_size(header.dtype);
  std::size_t count = 1;
  bool empty = false;
  for (const std::uint64_t length : header.shape) {
    if (length == 0) {
      empty = true;
      continue;
    }
    if (length > room) {
      throw FormatError(file, "shape " + shape_text(header.shape) + " is too large to exist");
    }
    room /= length;
    count *= length;
  }
  return empty ? 0 : count;
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> file, const std::filesystem::path& for_errors,
                           Opaque opaque) {
  const std::string_view bytes =
      file.empty() ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(file.data()), file.size());
  const Frame frame = read_frame(bytes, for_errors);
  Fields fields = HeaderParser(frame.header, frame.version, for_errors).parse();
  NpyHeader header;
  read_dtype(*fields.descr, header, for_errors, opaque);
  header.fortran_order = *fields.fortran_order;
  header.shape = std::move(*fields.shape);
  header.data_offset = frame.data_offset;
  header.count = count_elements(header, for_errors);
  const std::size_t declared = header.count * item_size(header.dtype);
  const std::size_t present = file.size() - header.data_offset;
  if (present != declared) {
    throw FormatError(for_errors, std::string(present < declared ? "truncated" : "trailing bytes") +
                                      ": shape " + shape_text(header.shape) + " of " +
                                      std::string(descr(header.dtype)) + " is " +
                                      std::to_string(declared) + " bytes of data, found " +
                                      std::to_string(present));
  }
  return header;
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace phiscope::shard
