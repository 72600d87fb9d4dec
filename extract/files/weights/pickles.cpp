// SPDX-License-Identifier: MIT
#include "files/weights/pickles.hpp"

#include "files/latent_config.hpp"

#include <array>
#include <fstream>
#include <set>

namespace phiscope::extract {

namespace fs = std::filesystem;

namespace {

bool is_pickle(const fs::path& file) {
  const std::string suffix = file.extension().string();
  if (suffix == ".bin" || suffix == ".pt" || suffix == ".pth") return true;
  if (!suffix.empty()) return false;
  std::array<char, 4> begin{};
  std::ifstream in(file, std::ios::binary);
  in.read(begin.data(), begin.size());
  return begins_as_pickle({begin.data(), static_cast<std::size_t>(in.gcount())});
}

}  // namespace

bool begins_as_pickle(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with('\x80');
}

std::optional<fs::path> find_pickle(const fs::path& directory) {
  std::set<fs::path> found;
  if (!fs::is_directory(directory)) return std::nullopt;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.is_regular_file() && is_pickle(entry.path())) found.insert(entry.path());
  }
  return found.empty() ? std::nullopt : std::optional(*found.begin());
}

std::string pickle_conversion() {
  return "python3 -c \"from transformers import AutoModelForCausalLM as M; "
         "M.from_pretrained('DIR', torch_dtype='auto').save_pretrained('OUT')\" writes it, or for "
         "a "
         "latent model " +
         std::string(latent_converter);
}

std::string pickle_advice() {
  return "weights as a pickle, which are not read; expected model.safetensors: " +
         pickle_conversion();
}

}  // namespace phiscope::extract
