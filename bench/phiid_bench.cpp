// SPDX-License-Identifier: MIT
// The C++ side of bench/phiid.py: runs one kernel per line "name repeats" of standard input, so
// that the two sides can alternate in one run. Answers with CPU seconds, which a neighbour's load
// changes least.
#include <phiscope/phiid_pairs.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <ctime>
#include <exception>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using phiscope::MatrixView;
using phiscope::PhiidPairsOptions;
using phiscope::Redundancy;

/// Recordings of the same series.
struct Data {
  std::vector<double> values;  ///< [recording, time, series]
  std::size_t recordings = 0;
  std::size_t times = 0;
  std::size_t series = 0;

  [[nodiscard]] std::vector<MatrixView<double>> views() const {
    std::vector<MatrixView<double>> result;
    result.reserve(recordings);
    const std::size_t size = times * series;
    for (std::size_t k = 0; k < recordings; ++k) {
      result.emplace_back(std::span<const double>(values).subspan(k * size, size), times, series);
    }
    return result;
  }
};

/// Reads FILE RECORDINGS TIMES SERIES.
Data read(std::span<char*> arguments) {
  if (arguments.size() != 4) throw std::invalid_argument("usage: FILE RECORDINGS TIMES SERIES");
  Data data;
  data.recordings = std::stoul(arguments[1]);
  data.times = std::stoul(arguments[2]);
  data.series = std::stoul(arguments[3]);
  data.values.resize(data.recordings * data.times * data.series);
  std::ifstream file(arguments[0], std::ios::binary);
  file.read(reinterpret_cast<char*>(data.values.data()),
            static_cast<std::streamsize>(data.values.size() * sizeof(double)));
  if (!file) throw std::invalid_argument(std::string(arguments[0]) + ": too few doubles");
  return data;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// CPU seconds of one call, mean over `repeats`.
template <class Kernel>
double timed(std::size_t repeats, Kernel kernel) {
  const double start = cpu_seconds();
  for (std::size_t i = 0; i < repeats; ++i) kernel();
  return (cpu_seconds() - start) / static_cast<double>(repeats);
}

/// Twice the fused multiply-adds per second on this core. Ten independent sums, because an addition
/// takes several cycles and a core starts two in each.
template <class P>
double peak_flops() {
  using Packet = typename Eigen::internal::packet_traits<P>::type;
  constexpr std::size_t steps = 10'000'000;
  const auto factor = Eigen::internal::pset1<Packet>(P(0.999));
  const auto term = Eigen::internal::pset1<Packet>(P(1e-3));
  const auto from = [](int start) { return Eigen::internal::pset1<Packet>(static_cast<P>(start)); };
  Packet a = from(0), b = from(1), c = from(2), d = from(3), e = from(4);
  Packet f = from(5), g = from(6), h = from(7), i = from(8), j = from(9);
  const auto add = [&factor, &term](Packet& sum) {
    sum = Eigen::internal::pmadd(factor, term, sum);
  };
  const double start = cpu_seconds();
  for (std::size_t step = 0; step < steps; ++step) {
    add(a), add(b), add(c), add(d), add(e), add(f), add(g), add(h), add(i), add(j);
  }
  const double seconds = cpu_seconds() - start;
  P used = 0;
  for (const Packet& sum : {a, b, c, d, e, f, g, h, i, j}) used += Eigen::internal::predux(sum);
  constexpr std::size_t width = Eigen::internal::packet_traits<P>::size;
  return used > 0 ? 2.0 * static_cast<double>(steps * 10 * width) / seconds : 0.0;
}

PhiidPairsOptions options_of(const std::string& kernel) {
  const auto has = [&kernel](const char* word) { return kernel.find(word) != std::string::npos; };
  return {.phiid = {.redundancy = has("ccs") ? Redundancy::ccs : Redundancy::mmi},
          .float_products = has("float")};
}

void answer(const std::string& kernel, std::size_t repeats, const Data& data) {
  double used = 0.0;
  const auto views = data.views();
  if (kernel == "peak") {
    std::cout << peak_flops<double>() << '\n';
    return;
  }
  if (kernel == "peak-float") {
    std::cout << peak_flops<float>() << '\n';
    return;
  }
  const PhiidPairsOptions options = options_of(kernel);
  if (kernel.starts_with("show-")) {
    const auto table = phiscope::phiid<double>(views, options);
    for (const double value : table.values) std::cout << value << ' ';
  } else {
    std::cout << timed(repeats, [&] {
      const phiscope::PhiidPairs<double> pairs(views, options);
      for (const auto& block : pairs.blocks()) used += pairs.tile(block).value(0, 0, 1);
    });
  }
  std::cout << '\n';
  std::cerr << (used == 0.5 ? " " : "");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Data data = read(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    std::cout << std::setprecision(17);
    std::string kernel;
    std::size_t repeats = 1;
    while (std::cin >> kernel >> repeats) {
      answer(kernel, repeats, data);
      std::cout.flush();
    }
  } catch (const std::exception& error) {
    std::cerr << "phiid_bench: error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
