using HeartbeatGateway.Fuzz;
using SharpFuzz;

// See README.md in this folder.
switch (args)
{
    case ["run", var name]:
        // The target is created inside the callback: instrumented code can run only after the coverage counters exist.
        IFuzzTarget? target = null;
        Fuzzer.OutOfProcess.Run((Stream stream) =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            (target ??= FuzzTargets.All[name]).Run(input.ToArray());
        });
        return 0;
    case ["replay", var name, .. var files]:
        foreach (var file in files)
        {
            FuzzTargets.All[name].Run(await File.ReadAllBytesAsync(file));
            Console.WriteLine($"{file}: fine");
        }

        return 0;
    case ["corpus", var folder]:
        foreach (var (name, seeded) in FuzzTargets.All)
        {
            var to = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            foreach (var (seed, input) in seeded.Seeds) await File.WriteAllBytesAsync(Path.Combine(to, seed), input);
        }

        return 0;
    default:
        Console.Error.WriteLine($"run TARGET | replay TARGET FILE... | corpus FOLDER; targets: {string.Join(", ", FuzzTargets.All.Keys)}");
        return 2;
}
