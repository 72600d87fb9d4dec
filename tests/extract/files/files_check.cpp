// SPDX-License-Identifier: MIT
// Reads one file or directory as the kind named and prints what was read as one line of JSON: the
// readers without the model, for collections of malformed files.
#include "files/describe.hpp"
#include "files/prompts.hpp"
#include "files/tokenizer.hpp"

#include <exception>
#include <iostream>
#include <string>

namespace {

using nlohmann::ordered_json;

ordered_json read(const std::string& kind, const std::string& path) {
  using namespace phiscope::extract;
  if (kind == "safetensors") return describe_safetensors(path);
  if (kind == "model") return describe_model(path, false);
  if (kind == "quick") return describe_model(path, true);
  if (kind == "tokenizer") {
    const Tokenizer tokenizer = Tokenizer::open(path);
    return {{"kind", tokenizer.kind()}, {"tokens", tokenizer.size()}};
  }
  if (kind == "prompts") return {{"prompts", read_prompts(path).size()}};
  throw std::invalid_argument("unknown kind " + kind);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: files_check safetensors|model|quick|tokenizer|prompts PATH\n";
    return 2;
  }
  try {
    std::cout << read(argv[1], argv[2]).dump() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "files_check: error: " << error.what() << '\n';
    return 1;
  }
}
