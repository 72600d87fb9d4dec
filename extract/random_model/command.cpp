// SPDX-License-Identifier: MIT
#include "random_model/command.hpp"

#include "command/flags.hpp"
#include "random_model/random_model.hpp"

#include <iostream>
#include <memory>
#include <thread>

namespace phiscope::extract {

Subcommand random_model_subcommand(CLI::App& program) {
  const auto options = std::make_shared<RandomModelOptions>();
  options->threads = 0;
  Flags flags(
      program, "random-model",
      "Writes an untrained model of the same configuration, as a control: configuration and "
      "tokenizer are copied, weights drawn as the family initialises them.\n"
      "example: extract random-model datasets/models/walk --seed 1 --out walk-random");
  flags.add("path", options->source, "directory with config.json; weights need not be there")
      .required()
      .existing_directory();
  flags.add("--out", options->out, "model directory to write; must not exist").required();
  flags.add("--seed", options->seed, "seed of the weights").with_default();
  flags.add("--threads", options->threads, "number of threads; 0: all; does not affect the bytes")
      .between(0, 4096)
      .with_default();
  return {.app = &flags.command(), .go = [options](const std::string&) {
            if (options->threads == 0) {
              options->threads = static_cast<int>(std::thread::hardware_concurrency());
            }
            std::cout << write_random_model(*options).dump() << '\n';
          }};
}

}  // namespace phiscope::extract
