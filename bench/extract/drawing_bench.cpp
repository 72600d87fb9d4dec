// SPDX-License-Identifier: MIT
// drawn_token() against draw(token_distribution()), which says what is drawn, on one thread: CPU
// time, alternating, the best of several. One line for each set of options.
#include "plan/token_drawing.hpp"
#include "run/draw/drawn_token.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

namespace {

using namespace phiscope::extract;

constexpr std::size_t vocab = 151'936;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Case {
  const char* name;
  DrawOptions options;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: drawing_bench ROUNDS\n", stderr);
    return 2;
  }
  const int rounds = std::atoi(argv[1]);
  std::mt19937_64 engine(1);
  std::normal_distribution<float> normal;
  std::vector<float> logits(vocab);
  for (float& x : logits) x = 2.5F * normal(engine);
  std::vector<int> earlier(500);
  for (int& id : earlier) id = static_cast<int>(engine() % vocab);
  DrawScratch scratch;
  for (const Case& one : {Case{"T 1", {}}, Case{"T 0.8", {.temperature = 0.8}},
                          Case{"T 1, top_p 0.95", {.top_p = 0.95}},
                          Case{"T 0.8, top_p 0.95", {.temperature = 0.8, .top_p = 0.95}},
                          Case{"T 0.7, top_k 50", {.temperature = 0.7, .top_k = 50}},
                          Case{"T 0.8, top_p 0.95, penalty 1.1",
                               {.temperature = 0.8, .top_p = 0.95, .repetition_penalty = 1.1}}}) {
    double ours = 1e9;
    double defined = 1e9;
    int other = 0;
    for (int k = 0; k < rounds; ++k) {
      const double u = static_cast<double>(engine() >> 11U) * 0x1.0p-53;
      const double start = cpu_seconds();
      const int fast = drawn_token(logits, earlier, one.options, u, scratch);
      const double middle = cpu_seconds();
      const int slow = draw(token_distribution(logits, earlier, one.options), u);
      ours = std::min(ours, middle - start);
      defined = std::min(defined, cpu_seconds() - middle);
      other += fast == slow ? 0 : 1;
    }
    std::printf(
        "drawing, vocabulary %zu, %-31s %6.3f CPU ms  definition %6.3f ms  ratio %4.1f  "
        "%d of %d tokens differ\n",
        vocab, one.name, 1e3 * ours, 1e3 * defined, defined / ours, other, rounds);
  }
  return 0;
}
