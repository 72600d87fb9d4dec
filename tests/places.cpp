// SPDX-License-Identifier: MIT
// The only file compiled with paths of this checkout, so that ccache finds all other objects in
// another clone.
#include "places.hpp"

namespace phiscope::test {

std::filesystem::path source_dir() {
  return PHISCOPE_SOURCE_DIR;
}

std::string program_dir() {
  return PHISCOPE_BIN_DIR;
}

}  // namespace phiscope::test
