// SPDX-License-Identifier: MIT
// replay TARGET MUTATIONS SEEDS FOLDER...: runs a fuzz target on every file of the folders (what
// fuzzing found stays found), and on that many mutations of each file in the first, always the
// same. replay --verdicts FORMAT: see verdicts.hpp. Where a sanitizer or an exception ends it, the
// input is in the file that it names.
#include "mutate.hpp"
#include "target.hpp"
#include "verdicts.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>
#include <vector>

extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

namespace fs = std::filesystem;
using namespace phiscope;

std::string finding;        // name of the file for the input at work
std::vector<char> at_work;  // that input, and no byte more: the sanitizer sees what reads beyond

/// Writes the input at work; also called by a sanitizer, and by a signal, when all is lost.
void save_finding() {
  const int file = ::open(finding.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  const bool is_there = file >= 0 && ::write(file, at_work.data(), at_work.size()) >= 0;
  const std::string_view says = is_there ? "the input is in " : "cannot write ";
  for (const std::string_view text : {says, std::string_view(finding), std::string_view("\n")}) {
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
  }
}

void on_abort(int) {
  save_finding();
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
}

bool run(const fuzz::Target& target, std::string_view input) {
  at_work = std::vector<char>(input.begin(), input.end());
  return target.run({at_work.data(), at_work.size()});
}

/// The files of a folder in the order of their names.
std::vector<std::string> contents(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> files;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return files;
}

int replay(const std::vector<std::string>& words) {
  const fuzz::Target& target = fuzz::target_named(words.at(0));
  const std::size_t mutations = std::stoul(words.at(1));
  finding = words[0] + ".finding";
  const std::vector<std::string> seeds = contents(words.at(2));
  std::size_t accepted_seeds = 0;
  std::size_t runs = 0;
  std::size_t accepted = 0;
  const auto one = [&](const std::string& input) {
    ++runs;
    if (run(target, input)) ++accepted;
  };
  try {
    std::ranges::for_each(seeds, one);
    accepted_seeds = accepted;
    for (std::size_t i = 3; i < words.size(); ++i) std::ranges::for_each(contents(words[i]), one);
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      std::mt19937_64 random(i);
      for (std::size_t n = 0; n < mutations; ++n) one(fuzz::mutated(seeds[i], seeds, random));
    }
  } catch (const std::exception& error) {
    std::cerr << words[0] << ": " << error.what() << '\n';
    save_finding();
    return 1;
  }
  std::cout << runs << " runs, " << accepted << " accepted\n";
  if (accepted_seeds > 0) return 0;
  std::cerr << words[0] << ": none of " << seeds.size() << " seeds is accepted\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, on_abort);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_finding);
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == "--verdicts") {
      fuzz::write_verdicts(words[1], std::cin, std::cout);
      return 0;
    }
    return replay(words);
  } catch (const std::exception& error) {
    std::cerr << "replay: " << error.what() << '\n';
    return 2;
  }
}
