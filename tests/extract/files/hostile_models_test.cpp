// SPDX-License-Identifier: MIT
// Every golden model with one thing wrong at a time: a tensor, or a field of config.json. It is
// refused in one line that names the thing, or it is the same model as before.
#include "catch.hpp"
#include "files/family/family.hpp"
#include "files/model/describe.hpp"
#include "reference.hpp"
#include "sanitized.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <sys/resource.h>

namespace {

using namespace phiscope::extract;
using nlohmann::json;
using phiscope::test::TempDir;
using phiscope::test::write_bytes;
using std::filesystem::path;

std::string read_bytes(const path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// While it lives, the process may take 256 MB more than it has: an allocation out of proportion
/// ends in std::bad_alloc, which is no FormatError. Not under a sanitizer, which maps terabytes.
class LittleMemory {
 public:
  LittleMemory() {
    if (phiscope::test::sanitized) return;
    std::ifstream statistics("/proc/self/statm");
    rlim_t pages = 0;
    statistics >> pages;
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    limit.rlim_cur = std::min(before_.rlim_max, (pages << 12U) + (rlim_t{256} << 20U));
    setrlimit(RLIMIT_AS, &limit);
    limited_ = true;
  }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;
  ~LittleMemory() {
    if (limited_) setrlimit(RLIMIT_AS, &before_);
  }

 private:
  rlimit before_{};
  bool limited_ = false;
};

/// Every model directory below tests/golden/models whose family is supported.
std::vector<path> model_directories() {
  std::set<std::string> supported;
  for (const Family* family : families()) supported.emplace(family->model_type);
  std::vector<path> found;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(phiscope::test::golden() / "models")) {
    if (entry.path().filename() != "config.json") continue;
    const json config = json::parse(read_bytes(entry.path()));
    if (supported.contains(config.at("model_type").get<std::string>())) {
      found.push_back(entry.path().parent_path());
    }
  }
  std::ranges::sort(found);
  return found;
}

/// Thousands of models: under the sanitizers, where each takes ten times as long, every fifth.
constexpr std::size_t stride = phiscope::test::sanitized ? 5 : 1;

/// What describe_model() says: its value, or the line with which it refuses.
struct Verdict {
  std::optional<json> value;
  std::string refusal;
};

Verdict describe(const path& directory, bool quick) {
  try {
    return {json(describe_model(directory, quick)), ""};
  } catch (const phiscope::shard::FormatError& error) {
    return {std::nullopt, error.what()};
  }
}

/// Is the refusal one line, with a path of the model and this word?
bool names(const Verdict& verdict, const path& directory, const std::string& word) {
  return verdict.refusal.starts_with(directory.string() + "/") &&
         verdict.refusal.find('\n') == std::string::npos &&
         verdict.refusal.find(word) != std::string::npos;
}

struct Tensor {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

std::vector<Tensor> read_tensors(const path& file) {
  const std::string bytes = read_bytes(file);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  const json header = json::parse(bytes.substr(8, length));
  std::vector<Tensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
    tensors.push_back({name, entry.at("dtype"), entry.at("shape"),
                       bytes.substr(8 + length + offsets[0], offsets[1] - offsets[0])});
  }
  return tensors;
}

/// Names may occur twice.
void write_tensors(const path& file, const std::vector<Tensor>& tensors) {
  std::string header;
  std::string data;
  for (const Tensor& tensor : tensors) {
    const json entry{{"dtype", tensor.dtype},
                     {"shape", tensor.shape},
                     {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
    header += (header.empty() ? "{" : ",") + json(tensor.name).dump() + ":" + entry.dump();
    data += tensor.bytes;
  }
  write_bytes(file, phiscope::test::safetensors_bytes(header + "}", data));
}

/// Does the refusal name this tensor? Messages show sixty characters of a name; a missing tensor's
/// may have another prefix than the files'.
bool names_tensor(const Verdict& verdict, const path& directory, const std::string& name) {
  const std::size_t last = name.rfind('.');
  const std::size_t dot = last == std::string::npos ? last : name.rfind('.', last - 1);
  const std::string tail = dot == std::string::npos ? name : name.substr(dot + 1);
  return names(verdict, directory, name.substr(0, 50)) || names(verdict, directory, tail);
}

/// The tensor with its last axis in front, or as a row where it has one axis.
Tensor reshaped(Tensor tensor) {
  const bool square = tensor.shape.size() == 2 && tensor.shape[0] == tensor.shape[1];
  if (tensor.shape.size() < 2 || square) {
    tensor.shape.insert(tensor.shape.begin(), 1);
  } else {
    std::rotate(tensor.shape.begin(), tensor.shape.end() - 1, tensor.shape.end());
  }
  return tensor;
}

/// The tensor with its first slice once more.
Tensor longer(Tensor tensor) {
  const std::size_t slice = tensor.bytes.size() / static_cast<std::size_t>(tensor.shape[0]);
  tensor.bytes += tensor.bytes.substr(0, slice);
  ++tensor.shape[0];
  return tensor;
}

Tensor with_nan(Tensor tensor) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(tensor.bytes.data() + tensor.bytes.size() - sizeof nan, &nan, sizeof nan);
  return tensor;
}

/// A field anywhere in a configuration, as a JSON pointer.
void find_fields(const json& value, const json::json_pointer& at,
                 std::vector<json::json_pointer>& found) {
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items()) {
    found.push_back(at / key);
    find_fields(inner, at / key, found);
  }
}

/// Do two descriptions differ only where the second has what a field was changed to, or, where the
/// field is gone, in the context length and the ends of texts, which have defaults?
bool same_but_for(const json& before, const json& after, const json& value) {
  if (before.size() != after.size()) return false;
  return std::ranges::all_of(before.items(), [&](const auto& item) {
    const json& now = after.at(item.key());
    return now == item.value() || now == value ||
           (value.is_null() &&
            (item.key() == "max_positions" || item.key() == "bos" || item.key() == "eos"));
  });
}

/// Is the field one of the language model's that cannot be just anything?
bool matters(const json::json_pointer& field) {
  const std::set<std::string> keys{"architectures",
                                   "hidden_size",
                                   "intermediate_size",
                                   "max_position_embeddings",
                                   "model_type",
                                   "n_embd",
                                   "n_head",
                                   "n_layer",
                                   "n_positions",
                                   "num_attention_heads",
                                   "num_experts",
                                   "num_experts_per_tok",
                                   "num_hidden_layers",
                                   "num_key_value_heads",
                                   "num_local_experts",
                                   "vocab_size"};
  const bool own = field.parent_pointer().empty() ||
                   (field.parent_pointer().back() == "text_config" &&
                    field.back() != "architectures" && field.back() != "model_type");
  return own && keys.contains(field.back());
}

/// Does the refusal name a field or an object that it is in, under either of its names?
bool names_field(const Verdict& verdict, const path& directory, json::json_pointer field) {
  if (field.back() == "num_experts" && names(verdict, directory, "num_local_experts")) return true;
  for (; !field.empty(); field.pop_back()) {
    if (names(verdict, directory, field.back())) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a tensor that is missing, misshaped, doubled or not finite is named",
          "[hostile_models]") {
  REQUIRE(!model_directories().empty());
  for (const path& folder : model_directories()) {
    const TempDir copy;
    std::filesystem::copy(folder, copy.path());
    const Verdict whole = describe(copy.path(), false);
    REQUIRE(whole.value);
    const path file = copy.path() / "model.safetensors";
    const std::vector<Tensor> tensors = read_tensors(file);
    const LittleMemory limit;
    std::size_t needed = 0;
    for (std::size_t n = 0; n < tensors.size(); n += stride) {
      CAPTURE(folder.string(), tensors[n].name);
      const auto verdict = [&](const std::vector<Tensor>& changed) {
        write_tensors(file, changed);
        return describe(copy.path(), true);
      };
      const auto replaced = [&](const Tensor& by) {
        std::vector<Tensor> changed = tensors;
        changed[n] = by;
        return changed;
      };
      std::vector<Tensor> changed = tensors;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(n));
      const Verdict missing = verdict(changed);
      if (missing.value) continue;  // a buffer, or not of the language model
      ++needed;
      CHECK(names_tensor(missing, copy.path(), tensors[n].name));
      CHECK(names_tensor(verdict(replaced(reshaped(tensors[n]))), copy.path(), tensors[n].name));
      CHECK(names_tensor(verdict(replaced(longer(tensors[n]))), copy.path(), tensors[n].name));
      Tensor other = tensors[n];
      other.dtype = "I32";
      CHECK(names_tensor(verdict(replaced(other)), copy.path(), tensors[n].name));
      changed = tensors;
      changed.push_back(tensors[n]);
      CHECK(names_tensor(verdict(changed), copy.path(), tensors[n].name));
      changed.back().name.insert(0, "again_");
      CHECK(names_tensor(verdict(changed), copy.path(), "again_" + tensors[n].name));
      write_tensors(file, replaced(with_nan(tensors[n])));
      CHECK(names_tensor(describe(copy.path(), false), copy.path(), tensors[n].name));
    }
    if (stride == 1) CHECK(needed == expected_tensors(read_config(folder)).size());
  }
}

TEST_CASE("buffers and towers that the model does not need do not matter", "[hostile_models]") {
  for (const path& folder : model_directories()) {
    const TempDir copy;
    std::filesystem::copy(folder, copy.path());
    const Verdict whole = describe(copy.path(), true);
    const path file = copy.path() / "model.safetensors";
    const std::vector<Tensor> tensors = read_tensors(file);
    for (std::size_t n = 0; n < tensors.size(); n += stride) {
      std::vector<Tensor> changed = tensors;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(n));
      write_tensors(file, changed);
      if (!describe(copy.path(), true).value) continue;
      CAPTURE(folder.string(), tensors[n].name);
      CHECK(describe(copy.path(), true).value == whole.value);
      changed.push_back(reshaped(tensors[n]));
      write_tensors(file, changed);
      CHECK(describe(copy.path(), true).value == whole.value);
    }
  }
}

TEST_CASE("a field of config.json that is gone or wrong is named, or does not matter",
          "[hostile_models]") {
  const std::vector<std::optional<json>> values{std::nullopt,
                                                nullptr,
                                                0,
                                                -1,
                                                "x",
                                                1e9,
                                                1000000000,
                                                std::uint64_t{1} << 63U,
                                                0.5,
                                                true,
                                                json::array(),
                                                json::object(),
                                                json::array({json::array({1})})};
  std::size_t tried = 0;
  for (const path& folder : model_directories()) {
    const TempDir copy;
    std::filesystem::copy(folder, copy.path());
    for (const char* dialect : {"config.json", "config_legacy.json"}) {
      if (!std::filesystem::exists(folder / dialect)) continue;
      const json config = json::parse(read_bytes(folder / dialect));
      write_bytes(copy.path() / "config.json", config.dump());
      const Verdict whole = describe(copy.path(), true);
      REQUIRE(whole.value);
      std::vector<json::json_pointer> fields;
      find_fields(config, json::json_pointer(), fields);
      const LittleMemory limit;
      for (const json::json_pointer& field : fields) {
        const std::string key = field.back();
        for (const std::optional<json>& value : values) {
          if (tried++ % stride != 0) continue;
          json changed = config;
          if (value) {
            changed[field] = *value;
          } else {
            changed[field.parent_pointer()].erase(key);
          }
          write_bytes(copy.path() / "config.json", changed.dump());
          const Verdict verdict = describe(copy.path(), true);
          CAPTURE(folder.string(), dialect, field.to_string(), value ? value->dump() : "removed",
                  verdict.refusal);
          if (verdict.value) {
            CAPTURE(verdict.value->dump());
            CHECK(same_but_for(*whole.value, *verdict.value, value.value_or(nullptr)));
            CHECK_FALSE((value && !value->is_null() && *value != 1000000000 && matters(field)));
          } else {
            // A size that is not that of the tensors is found out by one of them.
            const bool by_tensor = names(verdict, copy.path(), "tensor ") &&
                                   names(verdict, copy.path(), "config.json");
            CHECK((by_tensor || names_field(verdict, copy.path(), field)));
          }
        }
      }
    }
  }
}
