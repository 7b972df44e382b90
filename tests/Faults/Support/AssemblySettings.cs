using Xunit.Sdk;
using Xunit.v3;

// Tests run one after another: each test needs the whole machine for its measurements.
[assembly: Parallelization(Mode = ParallelMode.None)]
