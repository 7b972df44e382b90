using HeartbeatGateway.EndToEnd.Tests.Interop;

[assembly: AssemblyFixture(typeof(ClientBuilds))]

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>
/// The clients of docs/clients.md, ready to be started: compiled once a run, where the language has a compiler, with warnings as
/// errors. A language whose runtime is missing skips its tests, and fails them on CI.
/// </summary>
public sealed class ClientBuilds : IAsyncLifetime
{
    private static readonly string[] NettyModules = ["common", "buffer", "resolver", "transport", "codec", "handler"];

    private readonly string _output = Directory.CreateTempSubdirectory("gateway-clients-").FullName;
    private readonly Dictionary<string, Task<string[]>> _builds = new(StringComparer.Ordinal);

    public static IReadOnlyList<string> Languages { get; } = ["python", "java", "node", "c"];

    public static string Source(string language) => Path.Combine(
        Repository.Root, "tests/interop/clients", language, language switch { "python" => "client.py", "java" => "Client.java", "node" => "client.js", _ => "client.c" });

    /// <summary>The command that starts a client, without its arguments.</summary>
    internal async Task<IReadOnlyList<string>> CommandAsync(string language)
    {
        Task<string[]> build;
        lock (_builds)
        {
            if (!_builds.TryGetValue(language, out build!)) _builds[language] = build = BuildAsync(language);
        }

        try
        {
            return await build;
        }
        catch (FileNotFoundException e)
        {
            Assert.SkipWhen(System.Environment.GetEnvironmentVariable("CI") is null, $"SKIPPED: {e.Message}");
            throw;
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_output, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<string[]> BuildAsync(string language) => language switch
    {
        "python" => [Tool("python3", "python3"), Source(language)],
        "node" => [Tool("node", "nodejs"), Source(language)],
        "c" => await BuildCAsync(),
        "java" => await BuildJavaAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(language), language, "There is no client in this language."),
    };

    private async Task<string[]> BuildCAsync()
    {
        var program = Path.Combine(_output, "client");
        // With sanitizers: a byte read or written beside its buffer ends the client, and its test.
        await CompileAsync(
            Tool("cc", "gcc libc6-dev"), "-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror",
            "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", program, Source("c"));
        return [program];
    }

    private async Task<string[]> BuildJavaAsync()
    {
        var jars = System.Environment.GetEnvironmentVariable("NETTY_JARS") ?? "/usr/share/java";
        var classPath = string.Join(':', NettyModules.Select(module => Existing(Path.Combine(jars, $"netty-{module}.jar"), "libnetty-java")));
        // -classfile: Netty's classes carry annotations of libraries that are not installed.
        await CompileAsync(
            Tool("javac", "default-jdk-headless"), "-J-Xmx256m", "-J-XX:+UseSerialGC", "--release", "17", "-encoding", "UTF-8", "-Xlint:all,-classfile", "-Werror",
            "-cp", classPath, "-d", _output, Source("java"));
        return [Tool("java", "default-jdk-headless"), "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", $"{classPath}:{_output}", "Client"];
    }

    private static async Task CompileAsync(string compiler, params string[] arguments)
    {
        await using var process = new ChildProcess(compiler, arguments, new Dictionary<string, string?>());
        var exit = await process.ExitCodeAsync(TimeSpan.FromMinutes(2));
        Assert.True(exit == 0, string.Join('\n', process.Lines));
    }

    /// <summary>The system's own first: a version manager's shim is slow and may not pass signals on.</summary>
    private static string Tool(string name, string package)
    {
        var folders = new[] { "/usr/bin", "/usr/local/bin" }.Concat(System.Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? []);
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? throw Missing(name, package);
    }

    private static string Existing(string file, string package) => File.Exists(file) ? file : throw Missing(file, package);

    private static FileNotFoundException Missing(string what, string package) => new($"{what} is missing; install it with: apt-get install {package}");
}
