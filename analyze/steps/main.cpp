// SPDX-License-Identifier: MIT
#include "program/run_program.hpp"
#include "steps/analysis.hpp"

int main() {
  return 0;
}
