// SPDX-License-Identifier: MIT
#include "shard/plan_check.hpp"

#include "shard/file/format_error.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace phiscope::shard {
namespace {

using Json = nlohmann::ordered_json;

/// True for a name that is a plain file name everywhere and needs no quotes in a shell.
bool is_plain_name(std::string_view name) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::string row_space_problem(const RowSpace& space) {
  const std::string where = "row space " + quote_bytes(space.name);
  if (!is_plain_name(space.name)) return where + ": not a plain file name";
  if (space.key.empty()) return where + ": key is empty";
  const std::set<std::string> distinct(space.key.begin(), space.key.end());
  if (distinct.size() != space.key.size()) return where + ": key has a column twice";
  return "";
}

std::string shape_problem(const ArrayPlan& array) {
  if (array.axes.size() != array.row_shape.size() + 1) {
    return std::to_string(array.axes.size()) + " axes for row_shape " +
           shape_text(array.row_shape) + ", expected " + std::to_string(array.row_shape.size() + 1);
  }
  constexpr std::uint64_t largest = std::uint64_t{1} << 48U;
  std::uint64_t bytes = item_size(array.dtype);
  for (std::size_t axis = 0; axis < array.row_shape.size(); ++axis) {
    const std::uint64_t length = array.row_shape[axis];
    if (length == 0 || length > largest / bytes) {
      return "row_shape " + shape_text(array.row_shape) + ", expected 1 to 2^48 bytes a row";
    }
    bytes *= length;
    if (array.axes[axis + 1] == "layer" && length != array.layers.size()) {
      return "axis layer of length " + std::to_string(length) + ", but " +
             std::to_string(array.layers.size()) + " layers";
    }
  }
  return "";
}

/// Layers are numbered from 0; -1 is the embedding.
std::string layers_problem(const ArrayPlan& array) {
  constexpr std::int64_t most = 1'000'000;
  std::set<std::int64_t> seen;
  for (const std::int64_t layer : array.layers) {
    if (layer < -1 || layer > most || !seen.insert(layer).second) {
      return "layer " + std::to_string(layer) +
             (layer < -1 || layer > most ? "" : " is listed twice") +
             ", expected different layers from -1 to " + std::to_string(most);
    }
  }
  return "";
}

/// True for a name in the run directory that is something else's.
bool is_taken(std::string_view name) {
  constexpr std::array<std::string_view, 5> taken = {"rows", "commit", "plan.json", "prompts.jsonl",
                                                     "manifest.json"};
  return std::find(taken.begin(), taken.end(), name) != taken.end() || name.ends_with(".log") ||
         name.ends_with(".lock");
}

std::string file_problem(const std::string& name, const std::string& hash, const RunPlan& plan) {
  const std::string where = "file " + quote_bytes(name) + ": ";
  if (!is_plain_name(name)) return where + "not a plain file name";
  const bool is_array = std::any_of(plan.arrays.begin(), plan.arrays.end(),
                                    [&](const ArrayPlan& array) { return array.name == name; });
  if (is_taken(name) || is_array) return where + "the name is taken";
  const bool is_hash =
      hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? "" : where + quote_bytes(hash) + ", expected a SHA-256 in hexadecimal";
}

std::string array_problem(const ArrayPlan& array, const RunPlan& plan) {
  const std::string where = "array " + quote_bytes(array.name) + ": ";
  if (!is_plain_name(array.name)) return where + "not a plain file name";
  if (is_taken(array.name)) return where + "the name is taken";
  const bool known = std::any_of(plan.row_spaces.begin(), plan.row_spaces.end(),
                                 [&](const RowSpace& s) { return s.name == array.row_space; });
  if (!known) return where + "row space " + quote_bytes(array.row_space) + " is unknown";
  const bool bf16 = array.encoding == "bf16" && array.dtype == Dtype::u2;
  if (!array.encoding.empty() && !bf16) {
    return where + "encoding " + quote_bytes(array.encoding) + " of " +
           std::string(descr(array.dtype)) + ", expected none, or 'bf16' of <u2";
  }
  if (std::string layers = layers_problem(array); !layers.empty()) return where + layers;
  const std::string problem = shape_problem(array);
  return problem.empty() ? "" : where + problem;
}

template <class Named>
std::string repeated_name(const std::vector<Named>& all) {
  std::set<std::string> seen;
  for (const Named& one : all) {
    if (!seen.insert(one.name).second) return one.name;
  }
  return "";
}

/// Path of the first number that JSON cannot hold, "" for none.
std::string nonfinite_member(const Json& value, const std::string& path) {
  if (value.is_number_float()) return std::isfinite(value.get<double>()) ? "" : path;
  if (!value.is_structured()) return "";
  for (const auto& [name, member] : value.items()) {
    std::string place = path;
    place.append(".").append(name);
    if (std::string found = nonfinite_member(member, place); !found.empty()) return found;
  }
  return "";
}

std::string details_problem(const Json& details) {
  if (!details.is_object()) return "details are not an object";
  for (const std::string_view name : plan_members) {
    if (details.contains(name)) return "details have a member '" + std::string(name) + "'";
  }
  const std::string member = nonfinite_member(details, "details");
  return member.empty() ? "" : member + " is not a finite number";
}

/// What `value` looks like beside another one: "absent", or brief().
std::string shown(const Json* value) {
  return value == nullptr ? "absent" : brief(*value);
}

/// Collects the differing members of two values.
class Comparison {
 public:
  explicit Comparison(std::size_t limit) : limit_(limit) {}

  void compare(const std::string& path, const Json* there, const Json* now) {
    if (there != nullptr && now != nullptr) {
      if (*there == *now) return;
      if (there->is_object() && now->is_object()) return compare_members(path, *there, *now);
      if (there->is_array() && now->is_array() && there->size() == now->size()) {
        for (std::size_t i = 0; i < there->size(); ++i) {
          compare(path + "[" + std::to_string(i) + "]", &(*there)[i], &(*now)[i]);
        }
        return;
      }
    }
    if (++found_ > limit_) return;
    if (!text_.empty()) text_ += "; ";
    text_ += path + ": " + shown(there) + " there, " + shown(now) + " now";
  }

  [[nodiscard]] std::string text() const {
    if (found_ <= limit_) return text_;
    return text_ + "; and " + std::to_string(found_ - limit_) + " more";
  }

 private:
  void compare_members(const std::string& path, const Json& there, const Json& now) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& [name, value] : there.items()) {
      const auto other = now.find(name);
      compare(prefix + name, &value, other == now.end() ? nullptr : &*other);
    }
    for (const auto& [name, value] : now.items()) {
      if (!there.contains(name)) compare(prefix + name, nullptr, &value);
    }
  }

  std::size_t limit_;
  std::size_t found_ = 0;
  std::string text_;
};

}  // namespace

std::string plan_problem(const RunPlan& plan) {
  if (plan.experiment.empty()) return "experiment is empty";
  if (plan.shards < 1 || plan.shards > shard_limit) {
    return std::to_string(plan.shards) + " shards, expected 1 to " + std::to_string(shard_limit);
  }
  for (const RowSpace& space : plan.row_spaces) {
    if (std::string problem = row_space_problem(space); !problem.empty()) return problem;
  }
  for (const ArrayPlan& array : plan.arrays) {
    if (std::string problem = array_problem(array, plan); !problem.empty()) return problem;
  }
  if (const std::string name = repeated_name(plan.row_spaces); !name.empty()) {
    return "two row spaces " + quote_bytes(name);
  }
  if (const std::string name = repeated_name(plan.arrays); !name.empty()) {
    return "two arrays " + quote_bytes(name);
  }
  for (const auto& [name, hash] : plan.files) {
    if (std::string problem = file_problem(name, hash, plan); !problem.empty()) return problem;
  }
  return details_problem(plan.details);
}

std::size_t row_bytes(const ArrayPlan& array) {
  std::size_t bytes = item_size(array.dtype);
  for (const std::uint64_t length : array.row_shape) bytes *= length;
  return bytes;
}

std::string differences(const Json& there, const Json& now, std::size_t limit) {
  Comparison comparison(limit);
  comparison.compare("", &there, &now);
  return comparison.text();
}

}  // namespace phiscope::shard
