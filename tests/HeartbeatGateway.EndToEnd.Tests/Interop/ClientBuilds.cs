using HeartbeatGateway.EndToEnd.Tests.Interop;

[assembly: AssemblyFixture(typeof(ClientBuilds))]

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>
/// Builds the clients of docs/clients.md. Each is compiled once per run, if its language has a compiler, with warnings as errors. If the runtime
/// of a language is missing, its tests are skipped; with <c>CI</c> set, they fail.
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
        _ => throw new ArgumentOutOfRangeException(nameof(language), language, "No client exists in this language."),
    };

    private async Task<string[]> BuildCAsync()
    {
        var program = Path.Combine(_output, "client");
        // With sanitizers: an access outside a buffer aborts the client and fails its test.
        await CompileAsync(
            Tool("cc", "gcc libc6-dev"), "-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror",
            "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", program, Source("c"));
        return [program];
    }

    private async Task<string[]> BuildJavaAsync()
    {
        var jars = System.Environment.GetEnvironmentVariable("NETTY_JARS") ?? "/usr/share/java";
        var classPath = string.Join(':', NettyModules.Select(module => Existing(Path.Combine(jars, $"netty-{module}.jar"), "libnetty-java")));
        // -classfile: Netty's classes have annotations from libraries that are not installed.
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

    /// <summary>Prefers the system's own program: the shim of a version manager is slow and may not forward signals.</summary>
    private static string Tool(string name, string package)
    {
        var folders = new[] { "/usr/bin", "/usr/local/bin" }.Concat(System.Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? []);
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? throw Missing(name, package);
    }

    private static string Existing(string file, string package) => File.Exists(file) ? file : throw Missing(file, package);

    private static FileNotFoundException Missing(string what, string package) => new($"{what} is missing; install it with: apt-get install {package}");
}
