// SPDX-License-Identifier: MIT
// The C++ side of bench/loo.py: stays loaded and runs one kernel per line of standard input, so
// that the two sides can alternate in one run. Answers with CPU seconds, which a neighbour's load
// changes least.
#include <phiscope/between_cluster_phi.hpp>
#include <phiscope/cluster_structure.hpp>
#include <phiscope/detail/gram.hpp>
#include <phiscope/row_deletions.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
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

/// What the kernels work on: rows of the experiment's twelve words in several layers.
struct Data {
  std::vector<float> values;  ///< [layer, row, unit]
  std::size_t layers = 0;
  std::size_t rows = 0;
  std::size_t units = 0;
  std::vector<std::int64_t> clusters;  ///< [row]
  phiscope::PairSet pairs;

  [[nodiscard]] MatrixView<float> layer(std::size_t i) const {
    const std::size_t size = rows * units;
    return {std::span<const float>(values).subspan(i * size, size), rows, units};
  }
};

/// Reads FILE LAYERS ROWS UNITS WORD...
Data read(std::span<char*> arguments) {
  if (arguments.size() < 5) throw std::invalid_argument("usage: FILE LAYERS ROWS UNITS WORD...");
  Data data;
  data.layers = std::stoul(arguments[1]);
  data.rows = std::stoul(arguments[2]);
  data.units = std::stoul(arguments[3]);
  phiscope::Partition partition;
  for (std::int64_t word = 0; word < 12; ++word) {
    partition.cluster.push_back(word / 4);
    partition.group.push_back(word % 4);
  }
  std::vector<std::int64_t> words;
  for (const char* const word : arguments.subspan(4)) {
    words.push_back(std::stol(word));
    data.clusters.push_back(words.back() / 4);
  }
  data.pairs = phiscope::pair_set(words, partition);
  data.values.resize(data.layers * data.rows * data.units);
  std::ifstream file(arguments[0], std::ios::binary);
  file.read(reinterpret_cast<char*>(data.values.data()),
            static_cast<std::streamsize>(data.values.size() * sizeof(float)));
  if (!file || words.size() != data.rows) {
    throw std::invalid_argument(std::string(arguments[0]) + ": not layers x rows x units floats");
  }
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

/// Twice the fused multiply-adds per second in double on this core: the limit of a Gram matrix. Ten
/// independent sums, because an addition takes several cycles and a core starts two in each.
double peak_flops() {
  using Packet = Eigen::internal::packet_traits<double>::type;
  constexpr std::size_t steps = 10'000'000;
  const auto factor = Eigen::internal::pset1<Packet>(0.999);
  const auto term = Eigen::internal::pset1<Packet>(1e-3);
  const auto sum_from = [](double start) { return Eigen::internal::pset1<Packet>(start); };
  Packet a = sum_from(0), b = sum_from(1), c = sum_from(2), d = sum_from(3), e = sum_from(4);
  Packet f = sum_from(5), g = sum_from(6), h = sum_from(7), i = sum_from(8), j = sum_from(9);
  const auto add = [&factor, &term](Packet& sum) {
    sum = Eigen::internal::pmadd(factor, term, sum);
  };
  const double start = cpu_seconds();
  for (std::size_t step = 0; step < steps; ++step) {
    add(a), add(b), add(c), add(d), add(e), add(f), add(g), add(h), add(i), add(j);
  }
  const double seconds = cpu_seconds() - start;
  double used = 0.0;
  for (const Packet& sum : {a, b, c, d, e, f, g, h, i, j}) used += Eigen::internal::predux(sum);
  constexpr std::size_t width = Eigen::internal::packet_traits<double>::size;
  return used > 0.0 ? 2.0 * static_cast<double>(steps * 10 * width) / seconds : 0.0;
}

void print(const phiscope::Influence& influence) {
  for (const auto& value : {influence.ratio, influence.energy, influence.cross, influence.within}) {
    std::cout << ' ' << value.value_or(0.0);
  }
}

/// Runs one kernel over all layers. The sums of results keep the compiler from dropping the work.
void answer(const std::string& kernel, std::size_t repeats, const Data& data) {
  double used = 0.0;
  const auto over_layers = [&](auto of_layer) {
    return timed(repeats, [&] {
      for (std::size_t i = 0; i < data.layers; ++i) used += of_layer(data.layer(i));
    });
  };
  if (kernel == "deletions") {
    std::cout << over_layers([&](MatrixView<float> x) {
      return phiscope::row_deletions(x, data.pairs).back().ratio.value_or(0.0);
    });
  } else if (kernel == "gram") {
    std::cout << over_layers([](MatrixView<float> x) { return phiscope::centred_gram(x)(0, 0); });
  } else if (kernel == "context") {
    std::cout << over_layers([&](MatrixView<float> x) {
      const auto phi = phiscope::between_cluster_phi(x, data.clusters);
      return phiscope::cluster_structure(x, data.pairs).ratio.value_or(0.0) + phi.value_or(0.0);
    });
  } else if (kernel == "peak") {
    std::cout << peak_flops();
  } else if (kernel == "show-deletions") {
    for (std::size_t i = 0; i < data.layers; ++i) {
      for (const auto& influence : phiscope::row_deletions(data.layer(i), data.pairs)) {
        print(influence);
      }
    }
  } else if (kernel == "show-context") {
    for (std::size_t i = 0; i < data.layers; ++i) {
      const auto found = phiscope::cluster_structure(data.layer(i), data.pairs);
      for (const auto& value : {found.ratio, found.energy}) std::cout << ' ' << value.value_or(0.0);
      std::cout << ' ' << phiscope::between_cluster_phi(data.layer(i), data.clusters).value_or(0.0);
    }
  } else {
    throw std::invalid_argument("no kernel " + kernel);
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
    std::cerr << "loo_bench: error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
