// SPDX-License-Identifier: MIT
// Reads a ranking as `extract ablate` does and prints the order of removal.
#include "files/ranking_csv.hpp"

#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: ranking FILE [SCORE_COLUMN]\n";
    return 2;
  }
  try {
    const auto ranking = phiscope::extract::read_ranking(argv[1], argc == 3 ? argv[2] : "");
    const nlohmann::ordered_json line = {{"score_column", ranking.score_column},
                                         {"unranked", ranking.unranked},
                                         {"heads", ranking.descending()}};
    std::cout << line.dump() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
