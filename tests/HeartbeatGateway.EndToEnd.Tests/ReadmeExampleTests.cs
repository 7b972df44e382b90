namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>
/// The examples in the README of the client package, compiled as they stand there, with the implicit usings of a console program. They name
/// variables of the reader's, which the test declares.
/// </summary>
public sealed class ReadmeExampleTests : IDisposable
{
    private const string Fence = "```csharp\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-readme-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_examples_of_the_client_compile()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src/HeartbeatGateway.Client/README.md"));
        var examples = readme.Split(Fence)[1..].Select(e => e[..e.IndexOf("```", StringComparison.Ordinal)]).ToList();
        Assert.Equal(3, examples.Count);
        var (usings, code) = Split(examples[0]);
        await WriteAsync("Program.cs", $"{usings}\nstring gateway = args[0], secret = args[1];\nvar cancellationToken = CancellationToken.None;\n{code}");
        (usings, code) = Split(examples[1]);
        await WriteAsync("Registration.cs", $"{usings}\ninternal static class Registration\n{{\npublic static void Register(IServiceCollection services, string gateway, string secret)\n{{\n{code}}}\n}}\n");
        var (firstUsings, _) = Split(examples[0]);
        await WriteAsync("Acknowledged.cs", $"{firstUsings}\ninternal static class Acknowledged\n{{\npublic static async Task SendAsync(string gateway, string secret, CancellationToken cancellationToken)\n{{\n{examples[2].TrimStart()}}}\n}}\n");
        var configuration = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(Repository.GatewayDll)))!;
        var output = Path.Combine(Repository.Root, "src/HeartbeatGateway.Client/bin", configuration, "net10.0");
        await WriteAsync("Example.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
              <ItemGroup>
                <FrameworkReference Include="Microsoft.AspNetCore.App" />
                <Reference Include="{output}/HeartbeatGateway.Client.dll" />
                <Reference Include="{output}/HeartbeatGateway.Protocol.dll" />
              </ItemGroup>
            </Project>
            """);
        await using var build = new ChildProcess("dotnet", ["build", "--nologo", "--output", Path.Combine(_folder, "out")], new Dictionary<string, string?>(StringComparer.Ordinal), _folder);
        Assert.True(await build.ExitCodeAsync(TimeSpan.FromMinutes(3)) == 0, string.Join('\n', build.Lines));
    }

    private static (string Usings, string Code) Split(string example)
    {
        var lines = example.Split('\n');
        var usings = lines.TakeWhile(l => l.StartsWith("using ", StringComparison.Ordinal)).ToList();
        return (string.Join('\n', usings), string.Join('\n', lines.Skip(usings.Count)));
    }

    private Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(_folder, file), text);
}
