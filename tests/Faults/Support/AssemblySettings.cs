using Xunit.Sdk;
using Xunit.v3;

// One after another: each test measures a machine that it has to itself.
[assembly: Parallelization(Mode = ParallelMode.None)]
