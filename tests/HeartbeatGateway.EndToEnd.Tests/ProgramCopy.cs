namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>A copy of the service's program, whose settings files a test can change.</summary>
internal sealed class ProgramCopy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-program-").FullName;

    public ProgramCopy()
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(Repository.GatewayDll)!)) File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    public string Dll => Path.Combine(_folder, "HeartbeatGateway.dll");

    public string Settings => Path.Combine(_folder, "appsettings.json");

    public string ProductionSettings => Path.Combine(_folder, "appsettings.Production.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
