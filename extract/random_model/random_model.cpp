// SPDX-License-Identifier: MIT
#include "random_model/random_model.hpp"

#include "files/latent_config.hpp"
#include "random_model/initialisation.hpp"
#include "random_model/tensor_writer.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"

#include <array>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace phiscope::extract {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Files of a model directory that say nothing about the values of its weights.
constexpr std::array<std::string_view, 11> copied_files{
    "config.json",     latent_config_name,      "generation_config.json",  "tokenizer.json",
    "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "merges.txt",
    "vocab.json",      "added_tokens.json",     "chat_template.jinja"};

/// A directory beside its later name that is removed unless it gets there.
class NewDirectory {
 public:
  explicit NewDirectory(const fs::path& path)
      : path_(path), part_(path.string() + ".part-" + std::to_string(getpid())) {
    if (fs::exists(path)) {
      throw std::runtime_error("--out: found " + shard::path_text(path) +
                               ", expected a directory that does not exist");
    }
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    if (!fs::create_directory(part_)) {
      throw std::runtime_error(shard::path_text(part_) +
                               ": exists, expected no such directory; remove it");
    }
  }
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;
  ~NewDirectory() {
    std::error_code ignored;
    if (!part_.empty()) fs::remove_all(part_, ignored);
  }

  [[nodiscard]] const fs::path& part() const { return part_; }
  void commit() {
    shard::sync_directory(part_);
    fs::rename(part_, path_);
    part_.clear();
    shard::sync_directory(path_.has_parent_path() ? path_.parent_path() : ".");
  }

 private:
  fs::path path_;
  fs::path part_;
};

void check_space(const fs::path& directory, std::uint64_t bytes) {
  const std::uint64_t free = fs::space(directory).available;
  if (bytes <= free) return;
  throw std::runtime_error("--out: found " + std::to_string(free) + " bytes free, expected " +
                           std::to_string(bytes) + " for the weights");
}

/// Copies what the source has; SHA-256 by name.
ordered_json copy_files(const fs::path& from, const fs::path& to) {
  ordered_json digests = ordered_json::object();
  for (const std::string_view name : copied_files) {
    if (!fs::exists(from / name)) continue;
    fs::copy_file(from / name, to / name);  // follows links, as those of a download cache
    digests[std::string(name)] = shard::sha256_file(to / name);
  }
  return digests;
}

}  // namespace

ordered_json write_random_model(const RandomModelOptions& options) {
  fs::path out = options.out;
  if (out.filename().empty()) out = out.parent_path();  // DIR/ is DIR
  const Initialisation model = initialisation_of(options.source);
  const std::uint64_t bytes = tensor_bytes(model);
  NewDirectory directory(out);
  check_space(directory.part(), bytes);
  const ordered_json digests = copy_files(options.source, directory.part());
  const auto files = write_tensors(
      model, directory.part(),
      {.seed = options.seed, .file_bytes = options.file_bytes, .threads = options.threads});
  std::uint64_t parameters = 0;
  for (const Fill& tensor : model.tensors) parameters += tensor.elements();
  const ordered_json about{{"what", "an untrained model: weights drawn at random"},
                           {"seed", options.seed},
                           {"initialisation", model.rule},
                           {"initializer_range", model.range},
                           {"dtype", model.dtype},
                           {"parameters", parameters},
                           {"copied_sha256", digests}};
  shard::write_file(directory.part() / "random_model.json", about.dump(2) + "\n");
  directory.commit();
  return {{"model", shard::path_text(out)}, {"seed", options.seed}, {"initialisation", model.rule},
          {"parameters", parameters},       {"bytes", bytes},       {"weights", files}};
}

}  // namespace phiscope::extract
