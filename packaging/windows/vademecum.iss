; Not run: Inno Setup works on Windows only.  Written from its documentation (6.3 or newer); a test reads it.
;
; Makes the installer from the built program, build\dist\vademecum:
;
;     iscc packaging\windows\vademecum.iss

#define AppVersion "0.1.0"
#define Program "..\..\build\dist\vademecum"

[Setup]
; The same in every version: by it an earlier one is found, and replaced where it is.
AppId={{7C1E3B0A-9D52-4C39-8F6B-2A5B6E0D41F7}
AppName=Vademecum
AppVersion={#AppVersion}
AppVerName=Vademecum {#AppVersion}
AppPublisher=Vademecum
VersionInfoVersion={#AppVersion}.0
; For one user, without an administrator; whoever wants it for all is asked for the password.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
DefaultDirName={autopf}\Vademecum
UsePreviousAppDir=yes
DisableProgramGroupPage=yes
DisableDirPage=auto
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
; Whatever of the program still runs is closed before its files are replaced.
CloseApplications=yes
CloseApplicationsFilter=*.exe,*.dll,*.pyd
RestartApplications=no
LicenseFile=..\..\LICENSE
SetupIconFile=..\icons\vademecum.ico
UninstallDisplayIcon={app}\vademecum-window.exe
UninstallDisplayName=Vademecum
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
ShowLanguageDialog=auto
OutputDir=..\..\build\dist
OutputBaseFilename=vademecum-{#AppVersion}-windows-setup

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"
; Inno Setup brings no Chinese of its own; what this file leaves out is said in English.
Name: "chinese"; MessagesFile: "compiler:Default.isl,ChineseSimplified.isl"

[CustomMessages]
english.DesktopIcon=Put an icon on the desktop
chinese.DesktopIcon=在桌面上创建图标
english.StartNow=Start Vademecum
chinese.StartNow=启动 Vademecum
english.RemoveData=Also remove your library, models and settings?%n%n%1%n%nEvery document, question and answer in it is lost for good. If you are not sure, answer No: a later installation finds everything again.
chinese.RemoveData=是否同时删除您的资料库、模型和设置？%n%n%1%n%n其中的所有文档、问题和回答将永久丢失。如不确定，请选择“否”：以后重新安装时仍可继续使用。

[Tasks]
Name: "desktopicon"; Description: "{cm:DesktopIcon}"; Flags: unchecked

[InstallDelete]
; Libraries of an earlier version must not be found by this one.
Type: filesandordirs; Name: "{app}\_internal"
Type: filesandordirs; Name: "{app}\LICENCES"

[Files]
Source: "{#Program}\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{autoprograms}\Vademecum"; Filename: "{app}\vademecum-window.exe"; WorkingDir: "{app}"
Name: "{autodesktop}\Vademecum"; Filename: "{app}\vademecum-window.exe"; WorkingDir: "{app}"; Tasks: desktopicon

[Run]
Filename: "{app}\vademecum-window.exe"; Description: "{cm:StartNow}"; Flags: nowait postinstall skipifsilent

[Code]
{ The library stays unless the person who uninstalls says otherwise; silent means No. }
procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Data: String;
begin
  if CurUninstallStep <> usPostUninstall then
    Exit;
  Data := ExpandConstant('{localappdata}\vademecum');
  if DirExists(Data) then
    if SuppressibleMsgBox(FmtMessage(CustomMessage('RemoveData'), [Data]), mbConfirmation,
       MB_YESNO or MB_DEFBUTTON2, IDNO) = IDYES then
      DelTree(Data, True, True, True);
end;
