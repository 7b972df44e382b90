using System.Diagnostics;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>
/// The gateway with the file layout of its image. Settings and secrets are mounted as a kubelet mounts them: behind symbolic links to a folder
/// that is replaced as a whole.
/// </summary>
internal sealed class MountedProgram : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("heartbeatgateway-mounted-").FullName;
    private int _version;

    public MountedProgram()
    {
        Directory.CreateDirectory(Program);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(Repository.GatewayDll)!)) File.Copy(file, Path.Combine(Program, Path.GetFileName(file)));
        // The same link as in the Dockerfile.
        File.CreateSymbolicLink(Path.Combine(Program, "appsettings.Production.json"), Path.Combine(Settings, "appsettings.Production.json"));
    }

    public string Dll => Path.Combine(Program, "HeartbeatGateway.dll");

    /// <summary>The folder that is <c>/etc/heartbeatgateway</c> in the image.</summary>
    public string Settings => Path.Combine(_root, "settings");

    /// <summary>The folder that is <c>/run/secrets</c> in the image.</summary>
    public string Secrets => Path.Combine(_root, "secrets");

    private string Program => Path.Combine(_root, "app");

    /// <summary>Replaces all mounted files at once.</summary>
    public void Mount(string settings, params (string Key, string Secret)[] keys)
    {
        var data = Path.Combine(Settings, $"..version{++_version}");
        Directory.CreateDirectory(Path.Combine(data, "keys"));
        File.WriteAllText(Path.Combine(data, "appsettings.Production.json"), Localized(settings));
        foreach (var (key, secret) in keys) File.WriteAllText(Path.Combine(data, "keys", key), secret);

        var next = Path.Combine(Settings, "..data_tmp");
        File.CreateSymbolicLink(next, Path.GetFileName(data));
        // Replaces the existing link atomically; a move in .NET would follow the link.
        using var rename = Process.Start("mv", ["--no-target-directory", next, Path.Combine(Settings, "..data")]);
        rename.WaitForExit();
        if (rename.ExitCode != 0) throw new IOException($"Cannot rename {next}.");
        if (_version > 1) return;
        File.CreateSymbolicLink(Path.Combine(Settings, "appsettings.Production.json"), "..data/appsettings.Production.json");
        File.CreateSymbolicLink(Path.Combine(Settings, "keys"), "..data/keys");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Localized(string settings) => settings
        .Replace("/etc/heartbeatgateway", Settings, StringComparison.Ordinal).Replace("/run/secrets", Secrets, StringComparison.Ordinal);
}
