namespace HeartbeatGateway.Redis.Scripts;

/// <summary>A script that Redis runs.</summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Text">What Redis runs: the common part and the file.</param>
internal sealed record DirectoryScript(string Name, string Text);

/// <summary>
/// The scripts that change the directory, from the files beside this one. StackExchange.Redis loads each once a server, and again after NOSCRIPT.
/// </summary>
internal static class LuaScripts
{
    private static readonly string Common = Read("Common");

    public static DirectoryScript Enter { get; } = Make("Enter");

    public static DirectoryScript Leave { get; } = Make("Leave");

    public static DirectoryScript Restore { get; } = Make("Restore");

    public static DirectoryScript Reap { get; } = Make("Reap");

    public static DirectoryScript Renew { get; } = Make("Renew");

    public static DirectoryScript Nodes { get; } = Make("Nodes");

    public static DirectoryScript Hold { get; } = Make("Hold");

    public static DirectoryScript Taken { get; } = Make("Taken");

    private static DirectoryScript Make(string name) => new(name, Common + Read(name));

    private static string Read(string name)
    {
        using var stream = typeof(LuaScripts).Assembly.GetManifestResourceStream($"{name}.lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
