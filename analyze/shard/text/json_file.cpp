// SPDX-License-Identifier: MIT
#include "shard/text/json_file.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace phiscope::shard {
namespace {

/// Characters of a text that note how far the parser has come: its own callbacks do not say.
class WatchedIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  WatchedIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  WatchedIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  bool operator==(const WatchedIterator& other) const { return at_ == other.at_; }
  bool operator!=(const WatchedIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

/// Turns a place in a text into "line L:C: " in front of a message.
struct Place {
  std::string_view text;
  const std::filesystem::path& file;
  std::size_t first_line;

  [[nodiscard]] FormatError error(std::size_t offset, const std::string& message) const {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 == 0
    return {file, "line " + std::to_string(first_line + lines) + ":" + std::to_string(column) +
                      ": " + message};
  }
};

/// Builds the value from the parser's events, refusing what plain parsing lets pass.
template <class Json>
class StrictBuilder {
 public:
  using number_integer_t = typename Json::number_integer_t;
  using number_unsigned_t = typename Json::number_unsigned_t;
  using number_float_t = typename Json::number_float_t;
  using string_t = typename Json::string_t;
  using binary_t = typename Json::binary_t;

  StrictBuilder(const Place& place, const char* const& reached)
      : place_(place), reached_(reached) {}

  bool null() { return put(nullptr) != nullptr; }
  bool boolean(bool value) { return put(value) != nullptr; }
  bool number_integer(number_integer_t value) { return put(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) { return put(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) { return put(value) != nullptr; }
  bool string(string_t& value) { return put(std::move(value)) != nullptr; }
  bool binary(binary_t& value) { return put(std::move(value)) != nullptr; }
  bool start_object(std::size_t) { return open(put(Json::object())); }
  bool start_array(std::size_t) { return open(put(Json::array())); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(string_t& name) {
    if (!levels_.back().keys.insert(name).second) {
      throw place_.error(here(), "not strict JSON: duplicate key " + quote_bytes(name));
    }
    // Not operator[]: in an ordered object that searches all keys, and we know that it is new.
    auto& members = levels_.back().container->template get_ref<typename Json::object_t&>();
    if constexpr (std::is_same_v<Json, nlohmann::ordered_json>) {
      members.emplace_back(std::move(name), nullptr);
      member_ = &members.back().second;
    } else {
      member_ = &members.emplace(std::move(name), nullptr).first->second;
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while ..."
    std::string_view message = error.what();
    if (const auto at = message.find("] "); at != std::string_view::npos)
      message.remove_prefix(at + 2);
    if (message.starts_with("parse error at ")) {
      if (const auto at = message.find(": "); at != std::string_view::npos)
        message.remove_prefix(at + 2);
    }
    const std::string text = quote_bytes(message, 200);
    throw place_.error(position == 0 ? here() : position - 1,
                       "not JSON: " + text.substr(1, text.rfind('\'') - 1));
  }

  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  struct Level {
    Json* container;
    std::unordered_set<std::string> keys;
  };

  /// Offset of the last character taken by the parser.
  [[nodiscard]] std::size_t here() const {
    const auto taken = static_cast<std::size_t>(reached_ - place_.text.data());
    return taken == 0 ? 0 : taken - 1;
  }

  template <class Value>
  Json* put(Value&& value) {
    if (levels_.empty()) {
      root_ = std::forward<Value>(value);
      return &root_;
    }
    Json& container = *levels_.back().container;
    if (container.is_array()) {
      auto& items = container.template get_ref<typename Json::array_t&>();
      items.emplace_back(std::forward<Value>(value));
      return &items.back();
    }
    *member_ = std::forward<Value>(value);
    return member_;
  }

  bool open(Json* container) {
    if (levels_.size() == json_depth_limit) {
      throw place_.error(here(),
                         "nested deeper than " + std::to_string(json_depth_limit) + " levels");
    }
    levels_.push_back({container, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  const Place& place_;
  const char* const& reached_;
  Json root_;
  Json* member_ = nullptr;
  std::vector<Level> levels_;
};

void refuse_utf16(std::string_view text, const std::filesystem::path& file) {
  const auto starts = [&](std::string_view with) { return text.starts_with(with); };
  const bool marked = starts("\xFF\xFE") || starts("\xFE\xFF");
  // ASCII in UTF-16 or UTF-32 without a mark: a zero byte beside the first character.
  const bool unmarked = text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
  if (marked || unmarked) throw FormatError(file, "is UTF-16 or UTF-32 text, expected UTF-8");
}

template <class Json>
Json parse_strict(std::string_view text, const std::filesystem::path& file,
                  std::size_t first_line) {
  refuse_utf16(text, file);
  constexpr std::string_view mark = "\xEF\xBB\xBF";  // of the byte order
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  const Place place{text, file, first_line};
  // The parser would skip another one.
  if (text.starts_with(mark)) throw place.error(0, "found a second byte order mark, expected text");
  // The parser takes a zero byte for the end of its input and would not see what follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    throw place.error(zero, "found a zero byte, expected text");
  }
  const char* reached = text.data();
  StrictBuilder<Json> builder(place, reached);
  Json::sax_parse(WatchedIterator(text.data(), &reached),
                  WatchedIterator(text.data() + text.size(), &reached), &builder);
  return builder.take();
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::filesystem::path& for_errors,
                          std::size_t first_line) {
  return parse_strict<nlohmann::json>(text, for_errors, first_line);
}

nlohmann::ordered_json parse_ordered_json(std::string_view text,
                                          const std::filesystem::path& for_errors,
                                          std::size_t first_line) {
  return parse_strict<nlohmann::ordered_json>(text, for_errors, first_line);
}

nlohmann::json read_json(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  return parse_json(mapped.text(), file);
}

}  // namespace phiscope::shard
