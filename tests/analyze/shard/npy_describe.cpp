// SPDX-License-Identifier: MIT
// Prints what a .npy file holds, as one line of JSON; for runs over a corpus of hostile files.
#include "shard/npy_describe.hpp"

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: npy_describe FILE.npy\n";
    return 2;
  }
  try {
    const phiscope::shard::NpyFile array(argv[1]);
    std::cout << phiscope::shard::describe(array).dump() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "npy_describe: error: " << error.what() << '\n';
    return 1;
  }
}
