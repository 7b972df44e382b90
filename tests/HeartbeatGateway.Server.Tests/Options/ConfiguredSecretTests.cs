using System.Text;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Tests.Options;

public sealed class ConfiguredSecretTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("FFFFFFFFFFFF", "is not UTF-8: the byte at offset 0 is not valid")]
    [InlineData("FFFE7300650063007200", "is UTF-16, but must be UTF-8")]
    [InlineData("7365637265740061616161616161616161", "contains a NUL byte")]
    public void A_file_that_is_no_text_is_refused(string hex, string reason)
    {
        var file = Write(Convert.FromHexString(hex));
        Assert.StartsWith($"Gateway:Tokens:Keys:0:SecretFile '{file}' {reason}", Assert.Single(Options(file: file).Validate()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("sixteen-byte-key-\uD800")]
    public void A_text_with_replaced_bytes_is_refused(string secret) =>
        Assert.StartsWith("Gateway:Tokens:Keys:0:Secret holds bytes that are not UTF-8", Assert.Single(Options(secret).Validate()), StringComparison.Ordinal);

    [Theory]
    [InlineData("\uFEFFa-secret-of-a-fleet")]
    [InlineData("a-secret-of-a-fleet\n")]
    [InlineData("a-secret-of-a-fleet\r\n")]
    public void A_byte_order_mark_and_one_newline_are_no_part_of_the_secret(string content)
    {
        var options = Options(file: Write(Encoding.UTF8.GetBytes(content)));
        Assert.Empty(GatewayOptionsValidator.Validate(options, out var keyring));
        Assert.Equal(Sign([new TokenSecret("k1", "a-secret-of-a-fleet")]), Sign([.. keyring!.Secrets]));
        Assert.Empty(options.FindWarnings());
    }

    [Theory]
    [InlineData("a-secret-of-a-fleet \n", "ends with a blank, which is part of the secret.")]
    [InlineData("a-secret-of-a-fleet\n\n", "ends with more than one line end; only one is ignored, the rest is part of the secret.")]
    [InlineData("\"a-secret-of-a-fleet\"\n", "has quotes around the secret, which are part of the secret.")]
    public void A_probable_mistake_in_a_file_is_a_warning(string content, string warning)
    {
        var file = Write(Encoding.UTF8.GetBytes(content));
        Assert.Equal($"Gateway:Tokens:Keys:0:SecretFile '{file}' {warning}", Assert.Single(Options(file: file).FindWarnings()));
    }

    [Theory]
    [InlineData("a-secret-of-a-fleet ", "ends with a blank, which is part of the secret.")]
    [InlineData("a-secret-of-a-fleet\n", "ends with a line end, which is part of the secret.")]
    [InlineData("'a-secret-of-a-fleet'", "has quotes around the secret, which are part of the secret.")]
    [InlineData("\uFEFFa-secret-of-a-fleet", "contains a byte order mark after its start, which is part of the secret.")]
    public void A_probable_mistake_in_a_text_is_a_warning(string secret, string warning)
    {
        Assert.Equal($"Gateway:Tokens:Keys:0:Secret {warning}", Assert.Single(Options(secret).FindWarnings()));
        Assert.Empty(Options(secret).Validate());
    }

    [Theory]
    [InlineData("sixteen-bytes-or-more")]
    [InlineData("sixteen-byte-key")]
    public void A_secret_of_the_documentation_is_a_warning_without_the_secret(string secret)
    {
        var file = Write(Encoding.UTF8.GetBytes(secret + "\n"));
        foreach (var (options, source) in new[] { (Options(secret), "Secret"), (Options(file: file), $"SecretFile '{file}'") })
        {
            var warning = Assert.Single(options.FindWarnings());
            Assert.StartsWith($"Gateway:Tokens:Keys:0:{source} holds a secret of the documentation's examples", warning, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, warning, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_scheme_none_has_no_secrets_to_warn_of()
    {
        var options = Options("sixteen-byte-key");
        options.Tokens.Scheme = "none";
        Assert.Empty(options.FindWarnings());
    }

    [Fact]
    public void The_error_names_a_file_in_a_folder_with_a_long_name()
    {
        var file = Path.Combine(_folder, "a-folder-whose-name-has-more-than-sixteen-characters", "token");
        Assert.Equal($"Gateway:Tokens:Keys:0:SecretFile '{file}' cannot be read: Could not find a part of the path '{file}'.", Assert.Single(Options(file: file).Validate()));
    }

    [Theory]
    [InlineData("/run/credentials/heartbeatgateway.service/token")]
    [InlineData("/nowhere/heartbeatgateway-tokens/token")]
    public void The_error_names_a_path_that_does_not_exist(string file) =>
        Assert.StartsWith($"Gateway:Tokens:Keys:0:SecretFile '{file}' cannot be read: ", Assert.Single(Options(file: file).Validate()), StringComparison.Ordinal);

    [Theory]
    [InlineData("correct-horse-battery-staple")]
    [InlineData("/9sKx0Qw3rT5yUiOpAsDfGhJkL/ZxCvBnM=")]
    [InlineData("/0123456789abcdef0123456789abcdef")]
    public void The_error_does_not_repeat_a_value_that_may_be_a_secret(string secret)
    {
        var error = Assert.Single(Options(file: secret).Validate());
        Assert.StartsWith("Gateway:Tokens:Keys:0:SecretFile cannot be read: there is no such file. Give the full path", error, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_and_a_device_without_end_are_refused()
    {
        Assert.Contains("cannot be read: ", Assert.Single(Options(file: _folder).Validate()), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux()) Assert.Contains("but a secret file has at most", Assert.Single(Options(file: "/dev/zero").Validate()), StringComparison.Ordinal);
    }

    private static byte[] Sign(IReadOnlyList<TokenSecret> secrets) => new TokenKeyring(new TokenKeyringOptions { Secrets = [.. secrets] }, TokenRole.Client).Keys[0].Named.Ping(0).ToArray();

    private static GatewayOptions Options(string? secret = null, string? file = null)
    {
        var options = new GatewayOptions();
        options.Tokens.Keys.Add(new TokenKeyOptions { Secret = secret, SecretFile = file });
        return options;
    }

    private string Write(byte[] content)
    {
        var file = Path.Combine(_folder, "token");
        File.WriteAllBytes(file, content);
        return file;
    }
}
