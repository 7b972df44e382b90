using HeartbeatGateway.Configuration;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Configuration;

public sealed class MergedListsTests : IDisposable
{
    private const string TwoKeys = """{"Gateway":{"Tokens":{"Keys":[{"Id":"new","Secret":"x"},{"Id":"old","Secret":"y"}]}}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-lists-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_key_of_the_base_file_beside_the_keys_of_another_is_a_warning()
    {
        var warning = Assert.Single(Warnings(TwoKeys, """{"Gateway":{"Tokens":{"Keys":[{"Id":"new","Secret":"z"}]}}}"""));
        Assert.Equal(
            "Gateway:Tokens:Keys is merged from appsettings.json (1:Id, 1:Secret) and appsettings.Production.json (0:Id, 0:Secret): sources are merged entry by entry, by position, so all of these are in force. Give the whole list in one source.",
            warning);
    }

    [Theory]
    [InlineData("""{"Gateway":{"Proxy":{"TrustedNetworks":["10.0.0.0/8","192.168.0.0/16"]}}}""", """{"Gateway":{"Proxy":{"TrustedNetworks":["172.16.0.0/12"]}}}""", "Gateway:Proxy:TrustedNetworks is merged from appsettings.json (1) and appsettings.Production.json (0)")]
    [InlineData("""{"Gateway":{"Tls":{"ClientNames":["a","b"]}}}""", """{"Gateway":{"Tls":{"ClientNames":["c"]}}}""", "Gateway:Tls:ClientNames is merged from appsettings.json (1) and appsettings.Production.json (0)")]
    [InlineData("""{"Gateway":{"Admission":{"Observe":["limit_rate","limit_total"]}}}""", """{"Gateway":{"Admission":{"Observe":["limit_address"]}}}""", "Gateway:Admission:Observe is merged from ")]
    [InlineData("""{"Gateway":{"Proxy":{"TrustedNetworks":["10.0.0.0/8"]}}}""", """{"Gateway":{"Proxy":{"TrustedNetworks":[]}}}""", "Gateway:Proxy:TrustedNetworks is merged from appsettings.json (0) and appsettings.Production.json (an empty list, which removes nothing)")]
    public void Each_list_that_two_files_share_is_a_warning(string first, string second, string start) =>
        Assert.StartsWith(start, Assert.Single(Warnings(first, second)), StringComparison.Ordinal);

    [Fact]
    public void Environment_variables_and_the_command_line_over_a_list_are_a_warning()
    {
        const string Prefix = "HEARTBEATGATEWAY_MERGEDLISTSTESTS_";
        Environment.SetEnvironmentVariable($"{Prefix}Gateway__Tokens__Keys__0__Secret", "z");
        try
        {
            Assert.StartsWith(
                "Gateway:Tokens:Keys is merged from appsettings.json (0:Id, 1:Id, 1:Secret) and environment variables (0:Secret)",
                Assert.Single(Warnings(TwoKeys, "{}", builder => builder.AddEnvironmentVariables(Prefix))), StringComparison.Ordinal);
            Assert.StartsWith(
                "Gateway:Tokens:Keys is merged from appsettings.json (0:Id, 0:Secret, 1:Id) and the command line (1:Secret)",
                Assert.Single(Warnings(TwoKeys, "{}", builder => builder.AddCommandLine(["--Gateway:Tokens:Keys:1:Secret=z"]))), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable($"{Prefix}Gateway__Tokens__Keys__0__Secret", null);
        }
    }

    [Theory]
    [InlineData(TwoKeys, "{}")]
    [InlineData("{}", TwoKeys)]
    [InlineData("""{"Gateway":{"Tls":{"ClientNames":["a"]}}}""", """{"Gateway":{"Tls":{"ClientNames":["b","c"]}}}""")]
    [InlineData("""{"Gateway":{"Frames":{"MaxContentBytes":1}}}""", """{"Gateway":{"Frames":{"MaxContentBytes":2}}}""")]
    [InlineData("""{"Gateway":{"Tls":{"ClientNames":[]}}}""", """{"Gateway":{"Tls":{"ClientNames":["b"]}}}""")]
    public void A_list_whose_entries_in_force_are_all_of_one_source_is_no_warning(string first, string second) => Assert.Empty(Warnings(first, second));

    private List<string> Warnings(string first, string second, Action<IConfigurationBuilder>? more = null)
    {
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), first);
        File.WriteAllText(Path.Combine(_folder, "appsettings.Production.json"), second);
        var builder = new ConfigurationBuilder();
        builder.AddJsonFile("appsettings.json").AddJsonFile("appsettings.Production.json");
        SettingsFiles.Install(builder, _folder);
        more?.Invoke(builder);
        return [.. MergedLists.Warnings(builder.Build())];
    }
}
