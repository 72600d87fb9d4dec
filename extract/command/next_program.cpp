// SPDX-License-Identifier: MIT
#include "command/next_program.hpp"

#include "shard/file/format_error.hpp"

#include <iostream>
#include <map>

namespace phiscope::extract {

void say_next(const std::string& experiment, const std::filesystem::path& out) {
  static const std::map<std::string, std::string> programs{
      {"loo", "analyze-loo"},           {"phiid", "analyze-phiid"},
      {"ablate", "analyze-ablation"},   {"patching", "analyze-patching"},
      {"sampling", "analyze-sampling"}, {"steps", "analyze-steps"}};
  const auto found = programs.find(experiment);
  if (found == programs.end()) return;
  std::cerr << "next: " << found->second << ' ' << shard::path_text(out) << " --out report\n";
}

}  // namespace phiscope::extract
